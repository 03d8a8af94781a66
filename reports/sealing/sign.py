"""Preparing a PDF (codes on its pages, empty signature fields) and signing it (PAdES by pyHanko)."""

import asyncio
import io
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from PIL import Image
from pyhanko.pdf_utils import generic, layout
from pyhanko.pdf_utils.content import PdfContent, ResourceType
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reports.sealing.authority import Signer, key_to_der
from reports.sealing.drawing import Drawing
from reports.sealing.facts import Box, FieldPlace

# Its warnings quote files from outside.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)

_FITS: Final = layout.SimpleBoxLayoutRule(
    x_align=layout.AxisAlignment.ALIGN_MIN,
    y_align=layout.AxisAlignment.ALIGN_MIN,
    margins=layout.Margins(0, 0, 0, 0),
    inner_content_scaling=layout.InnerScaling.STRETCH_TO_FIT,
)


def field_boxes(pdf: bytes) -> dict[str, Box]:
    """Where the prepared fields stand; the page is not said, signing does not need it."""
    reader = PdfFileReader(io.BytesIO(pdf))
    boxes = {}
    for name, _value, reference in fields.enumerate_sig_fields(reader):
        left, bottom, right, top = (float(edge) for edge in reference.get_object()["/Rect"])
        boxes[str(name)] = Box(0, left, bottom, right, top)
    return boxes


def prepare(pdf: bytes, codes: Sequence[tuple[Drawing, float, float]], places: Sequence[FieldPlace]) -> bytes:
    """Draw one code (at left, bottom) on each page and add the empty fields; afterwards only signatures may come."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    # What WeasyPrint left of its own coordinates must not move the code.
    before = writer.add_object(generic.StreamObject(stream_data=b"q\n"))
    for page, (drawing, left, bottom) in enumerate(codes):
        writer.add_stream_to_page(page, before, prepend=True)
        data = b"\nQ\nq 1 0 0 1 %.3f %.3f cm\n%s\nQ\n" % (left, bottom, drawing.operators)
        after = generic.StreamObject(stream_data=data)
        after.compress()
        writer.add_stream_to_page(page, writer.add_object(after))
    for place in places:
        box = place.box
        fields.append_signature_field(
            writer,
            fields.SigFieldSpec(
                place.name,
                on_page=box.page,
                box=(round(box.left), round(box.bottom), round(box.right), round(box.top)),
                readable_field_name=place.title,
            ),
        )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sign(
    pdf: bytes,
    field: str,
    signer: Signer,
    *,
    drawing: Drawing,
    reason: str,
    address: str,
    certify: bool = False,
) -> bytes:
    """Sign a prepared *field*; the first signature certifies the file (only signatures may follow)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        contact_info=address,
        certify=certify,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    # A new style each time: a reused one leaves dangling references in the second file.
    style = StaticStampStyle(border_width=0, background=_Drawn(drawing), background_layout=_FITS)
    out = io.BytesIO()
    pdf_signer = signers.PdfSigner(metadata, signer=_pdf_signer(signer), stamp_style=style)
    _without_loop(lambda: pdf_signer.sign_pdf(writer, output=out))
    return out.getvalue()


def _without_loop(work: Callable[[], object]) -> None:
    """PyHanko starts an event loop of its own, which a thread that already has one refuses."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        work()
        return
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(work).result()


class _Drawn(PdfContent):
    """A drawing as one compressed object; a picture lies under its lines."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__(box=layout.BoxConstraints(width=round(drawing.width), height=round(drawing.height)))
        self.drawing = drawing

    def render(self) -> bytes:
        operators, resources = self.drawing.operators, generic.DictionaryObject()
        if self.drawing.picture is not None:
            image = PdfImage(
                Image.open(io.BytesIO(self.drawing.picture)),
                writer=self.writer,
                box=_picture_box(self.drawing),
            )
            operators = b"q %s Q\n%s" % (image.render(), operators)
            resources = image.resources.as_pdf_object()
        stream = generic.StreamObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/XObject"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/Form"),
                generic.pdf_name("/BBox"): generic.ArrayObject(
                    [generic.FloatObject(edge) for edge in (0, 0, self.drawing.width, self.drawing.height)]
                ),
                generic.pdf_name("/Resources"): resources,
            },
            stream_data=operators,
        )
        stream.compress()
        # As ink does: print under a seal stays readable.
        blending = {generic.pdf_name("/BM"): generic.pdf_name("/Multiply")}
        self.set_resource(
            ResourceType.EXT_G_STATE, generic.pdf_name("/Over"), generic.DictionaryObject(blending)
        )
        assert self.writer is not None  # noqa: S101 -- set before anything is drawn
        self.set_resource(ResourceType.XOBJECT, generic.pdf_name("/Ink"), self.writer.add_object(stream))
        return b"/Over gs /Ink Do"


def _picture_box(drawing: Drawing) -> layout.BoxConstraints:
    """Keeps the picture's own proportions within the drawing."""
    assert drawing.picture is not None  # noqa: S101 -- asked before
    width, height = Image.open(io.BytesIO(drawing.picture)).size
    scale = min(drawing.width / width, drawing.height / height)
    return layout.BoxConstraints(width=max(1, round(width * scale)), height=max(1, round(height * scale)))


def _pdf_signer(signer: Signer) -> signers.SimpleSigner:
    store = SimpleCertificateStore()
    store.register_multiple([_asn1(certificate) for certificate in signer.chain])
    return signers.SimpleSigner(
        signing_cert=_asn1(signer.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(key_to_der(signer.key)),
        cert_registry=store,
        embed_roots=True,
    )


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
