/* Comforts of the pages. Everything works without this file: forms post, links link. */
"use strict";

(() => {
  const WARN_BEFORE_SECONDS = 5 * 60;
  const BUSY_LABEL_AFTER_MS = 1000;
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);
  const isTyping = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  /* "/" goes to the search box; Esc closes the opened list and returns to its figure. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "/" && !isTyping(document.activeElement)) {
      const search = document.getElementById("q");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    }
    if (event.key === "Escape") closeOpened();
  });

  function closeOpened() {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    const opener = document.querySelector('a.fig[aria-expanded="true"]');
    const close = document.querySelector(".behind [data-close]");
    if (!close) return;
    const target = opener && opener.getAttribute("aria-controls");
    const container = target && document.getElementById(target);
    if (container) {
      container.replaceChildren();
      opener.setAttribute("aria-expanded", "false");
      opener.focus();
    } else {
      close.click();
    }
  }

  document.addEventListener("click", (event) => {
    each("details.menu[open]", (menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const close = event.target.closest(".behind [data-close]");
    const opener = close && document.querySelector('a.fig[aria-expanded="true"][aria-controls]');
    if (opener) {
      event.preventDefault();
      closeOpened();
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  /* A form is sent once. The button says so after a second; coming back to the page frees it. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("data-download") || form.method === "dialog") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter || form.querySelector('button[type="submit"]');
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    if (button.dataset.busy) {
      window.setTimeout(() => {
        if (!form.dataset.sent) return;
        button.dataset.label = button.textContent;
        button.textContent = button.dataset.busy;
      }, BUSY_LABEL_AFTER_MS);
    }
  });

  window.addEventListener("pageshow", () => {
    each("form[data-sent]", (form) => delete form.dataset.sent);
    each('button[aria-busy="true"]', (button) => {
      button.removeAttribute("aria-busy");
      if (button.dataset.label) button.textContent = button.dataset.label;
      delete button.dataset.label;
    });
  });

  /* Chosen files are named before they are sent; too large ones are said at once. */
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement)) return;
    if (input.type === "file") previewFiles(input);
    if (input.matches("[data-pick], [data-pick-all]")) pick(input);
  });

  function previewFiles(input) {
    const place = input.closest(".drop") || input.parentElement;
    let list = place.querySelector(".file-names");
    if (!list) {
      list = document.createElement("ul");
      list.className = "file-names";
      list.setAttribute("aria-live", "polite");
      place.append(list);
    }
    const limit = Number(input.dataset.maxMb || 10);
    list.replaceChildren(
      ...Array.from(input.files, (file) => {
        const line = document.createElement("li");
        const size = file.size / 1024 / 1024;
        const words = size < 0.1 ? `${Math.max(1, Math.round(file.size / 1024))} KB` : `${size.toFixed(1)} MB`;
        line.textContent = size > limit ? `${file.name}　${words}，超过 ${limit} MB，请换一个` : `${file.name}　${words}`;
        if (size > limit) line.className = "red";
        return line;
      }),
    );
  }

  /* Rows are chosen, counted and summed; the bar appears with the first one. */
  function pick(input) {
    const form = input.form || document;
    if (input.matches("[data-pick-all]")) {
      each("[data-pick]:not(:disabled)", (box) => { box.checked = input.checked; }, form);
    }
    refreshBulk(form);
  }

  function refreshBulk(form) {
    const bar = form.querySelector("[data-bulk]");
    if (!bar) return;
    const boxes = Array.from(form.querySelectorAll("[data-pick]:not(:disabled)"));
    const chosen = boxes.filter((box) => box.checked);
    const sum = chosen.reduce((total, box) => total + Number(box.dataset.value || 0), 0);
    each("[data-pick]", (box) => {
      const row = box.closest("tr");
      if (row) row.classList.toggle("picked", box.checked);
    }, form);
    each("[data-bulk-count]", (place) => { place.textContent = chosen.length.toLocaleString("en-US"); }, bar);
    each("[data-bulk-sum]", (place) => { place.textContent = sum.toLocaleString("en-US"); }, bar);
    each(".needs-script", (part) => { part.hidden = false; }, bar);
    bar.hidden = chosen.length === 0;
    document.body.classList.toggle("has-picked", chosen.length > 0);
    const all = form.querySelector("[data-pick-all]");
    if (all) {
      all.checked = boxes.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
  }

  document.addEventListener("click", (event) => {
    const clear = event.target.closest("[data-bulk-clear]");
    if (!clear) return;
    const form = clear.closest("form") || document;
    each("[data-pick]", (box) => { box.checked = false; }, form);
    refreshBulk(form);
  });

  /* After a swap the focus goes to what must be read first. */
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (!part || part.closest("[aria-live]")) return;
    prepare(part);
    const first =
      part.querySelector("[data-focus]") ||
      part.querySelector('[aria-invalid="true"]') ||
      part.querySelector("h1, h2, h3");
    if (!first) return;
    if (!first.hasAttribute("tabindex") && !isTyping(first)) first.setAttribute("tabindex", "-1");
    first.focus({ preventScroll: first.tagName !== "DIV" });
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    const opener = event.detail.elt;
    if (!opener.matches("a.fig")) return;
    each('a.fig[aria-expanded="true"]', (other) => other.setAttribute("aria-expanded", "false"));
    opener.setAttribute("aria-expanded", "true");
  });

  document.addEventListener("htmx:responseError", (event) => {
    const part = event.detail.target;
    if (!part) return;
    const note = document.createElement("div");
    note.className = "note now";
    note.setAttribute("role", "alert");
    note.textContent = "没有取到这一部分，请刷新本页再试。";
    part.replaceChildren(note);
  });

  /* A revealed number goes back behind its mask. */
  function remask(element) {
    window.setTimeout(() => {
      element.textContent = element.dataset.remask;
      const said = element.nextElementSibling;
      if (said && said.classList.contains("hint")) said.remove();
    }, Number(element.dataset.seconds || 60) * 1000);
  }
  /* Nor does it survive a way back through the history of the browser. */
  window.addEventListener("pagehide", () => {
    each("[data-remask]", (element) => { element.textContent = element.dataset.remask; });
  });

  /* Five minutes before the session ends a sentence and a button appear. */
  const idleSeconds = Number(document.body.dataset.idleSeconds || 0);
  let lastSeen = Date.now();
  const others = "BroadcastChannel" in window ? new BroadcastChannel("baoxue-session") : null;

  function seen(tell) {
    lastSeen = Date.now();
    const warning = document.getElementById("session-warning");
    if (warning) warning.remove();
    if (tell && others) others.postMessage("seen");
  }

  function watchSession() {
    if (!idleSeconds) return;
    if (others) others.addEventListener("message", () => seen(false));
    document.addEventListener("htmx:afterRequest", () => seen(true));
    seen(true);
    window.setInterval(() => {
      const left = idleSeconds - (Date.now() - lastSeen) / 1000;
      if (left > WARN_BEFORE_SECONDS) return;
      warn(left);
    }, 15000);
  }

  function warn(left) {
    let warning = document.getElementById("session-warning");
    if (!warning) {
      warning = document.createElement("div");
      warning.id = "session-warning";
      warning.className = "note wait session-warning";
      warning.setAttribute("role", "alert");
      const sentence = document.createElement("p");
      warning.append(sentence);
      const stay = document.createElement("button");
      stay.type = "button";
      stay.className = "btn btn-quiet btn-sm";
      stay.textContent = "继续办理";
      stay.addEventListener("click", () => {
        fetch(document.body.dataset.keepUrl || "/", { credentials: "same-origin", cache: "no-store" })
          .then((answer) => {
            const sentToLogin = answer.redirected && new URL(answer.url).pathname.includes("login");
            if (answer.ok && !sentToLogin) seen(true);
            else ended(warning);
          })
          .catch(() => { sentence.textContent = "网络不通，请稍后再点一次；填的内容还在本页。"; });
      });
      warning.append(stay);
      document.body.append(warning);
    }
    if (left <= 0) ended(warning);
    else {
      const words = `${Math.max(1, Math.round(left / 60))} 分钟后会自动退出登录，填的内容请先保存。`;
      const sentence = warning.querySelector("p");
      if (sentence.textContent !== words) sentence.textContent = words;
    }
  }

  function ended(warning) {
    warning.querySelector("p").textContent = "已经退出登录。请在新的标签页登录后，回到这里再保存。";
    const stay = warning.querySelector("button");
    if (stay) stay.remove();
  }

  function prepare(root) {
    each("[data-remask]", remask, root);
    each("[data-bulk]", (bar) => refreshBulk(bar.closest("form") || document), root);
  }

  prepare(document);
  watchSession();
  const wrong = document.querySelector(".form-errors[data-focus]");
  if (wrong) wrong.focus();
})();
