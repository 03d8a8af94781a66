// Writing one's name on the page: strokes on a grid of 1000, sent as text. Without this script a scan can be uploaded.
document.querySelectorAll("[data-sign-pad]").forEach((form) => {
  form.hidden = false;
  const canvas = form.querySelector("canvas");
  const field = form.querySelector("input[name=strokes]");
  const pen = canvas.getContext("2d");
  let strokes = [];
  let current = null;

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = 1000 / box.width;
    return [Math.round((event.clientX - box.left) * scale), Math.round((event.clientY - box.top) * scale)];
  };
  const draw = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#0f1a47";
    const scale = canvas.width / 1000;
    strokes.forEach((stroke) => {
      pen.beginPath();
      stroke.forEach(([x, y], index) => (index ? pen.lineTo(x * scale, y * scale) : pen.moveTo(x * scale, y * scale)));
      pen.stroke();
    });
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    current.push(place(event));
    draw();
  });
  const end = () => {
    current = null;
    draw();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  form.querySelector("[data-clear]").addEventListener("click", () => {
    strokes = [];
    draw();
  });
  form.addEventListener("submit", () => {
    field.value = strokes.length ? JSON.stringify({ strokes, aspect: canvas.width / canvas.height }) : "";
  });
});
