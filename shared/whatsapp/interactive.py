"""Interactive messages that a business may send (Meta: Cloud API, "Interactive messages" and the page of each kind).

The kinds that people send are checked whole; the others by their outer shape, and Meta judges the rest.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from shared.validation import InvalidFieldsError

Body = Annotated[str, Meta(min_length=1, max_length=1024)]
ListBody = Annotated[str, Meta(min_length=1, max_length=4096)]
Id = Annotated[str, Meta(min_length=1, max_length=256)]
Link = Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=2000, description="An http or https URL.")]
Label = Annotated[str, Meta(min_length=1, max_length=20)]
SectionTitle = Annotated[str, Meta(max_length=24)]

MOST_ROWS, MOST_PRODUCTS = 10, 30


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file by one of three: an id of Meta's, a link, or the id of its upload through the iframe."""

    id: Annotated[Id, Meta(examples=["1234567890"])] | None = None
    link: Annotated[Link, Meta(examples=["https://shop.example/photo.jpg"])] | None = None
    upload_id: (
        Annotated[UUID, Meta(description="Of a file that was uploaded through the iframe, which sends it.")] | None
    ) = None
    filename: Annotated[str, Meta(max_length=240, examples=["invoice.pdf"])] | None = None

    def __post_init__(self) -> None:
        if self.id is None and self.link is None and self.upload_id is None:
            raise InvalidFieldsError({"id": ["is required, or a link in its place"]})
        if self.id is not None and self.link is not None:
            raise InvalidFieldsError({"link": ["cannot be combined with an id"]})
        if self.upload_id is not None and (self.id is not None or self.link is not None):
            raise InvalidFieldsError({"upload_id": ["cannot be combined with an id or a link"]})


class TextHeader(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    text: Annotated[str, Meta(min_length=1, max_length=60, examples=["Your order"])]


class ImageHeader(msgspec.Struct, frozen=True, tag_field="type", tag="image"):
    image: MediaFile


class VideoHeader(msgspec.Struct, frozen=True, tag_field="type", tag="video"):
    video: MediaFile


class DocumentHeader(msgspec.Struct, frozen=True, tag_field="type", tag="document"):
    document: MediaFile


Header = TextHeader | ImageHeader | VideoHeader | DocumentHeader


class BodyText(msgspec.Struct, frozen=True):
    text: Annotated[Body, Meta(examples=["What would you like to do?"])]


class ListBodyText(msgspec.Struct, frozen=True):
    text: Annotated[ListBody, Meta(examples=["Choose a time"])]


class Footer(msgspec.Struct, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=60, examples=["Answer by six"])]


class ReplyButton(msgspec.Struct, frozen=True):
    id: Annotated[Id, Meta(examples=["yes"])]
    title: Annotated[Label, Meta(examples=["Yes, please"])]


class Button(msgspec.Struct, frozen=True):
    type: Literal["reply"]
    reply: ReplyButton


class ButtonsAction(msgspec.Struct, frozen=True):
    buttons: Annotated[list[Button], Meta(min_length=1, max_length=3)]

    def __post_init__(self) -> None:
        replies = [(place, button.reply) for place, button in _right(self.buttons) if button.reply]
        wrong = _repeated((f"buttons[{place}].reply.id", reply.id) for place, reply in replies)
        wrong |= _repeated((f"buttons[{place}].reply.title", reply.title) for place, reply in replies)
        if wrong:
            raise InvalidFieldsError(wrong)


class Buttons(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="button"):
    """One to three buttons to answer with."""

    header: Header | None = None
    body: BodyText
    footer: Footer | None = None
    action: ButtonsAction


class ListRow(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1, max_length=200, examples=["morning"])]
    title: Annotated[str, Meta(min_length=1, max_length=24, examples=["Morning"])]
    description: Annotated[str, Meta(max_length=72, examples=["9 to 12"])] | None = None


class ListSection(msgspec.Struct, frozen=True):
    rows: Annotated[list[ListRow], Meta(min_length=1, max_length=MOST_ROWS)]
    title: Annotated[SectionTitle, Meta(examples=["Tomorrow"])] | None = None


class ListAction(msgspec.Struct, frozen=True):
    button: Annotated[Label, Meta(examples=["Show times"])]
    sections: Annotated[list[ListSection], Meta(min_length=1, max_length=10)]

    def __post_init__(self) -> None:
        sections = _right(self.sections)
        ids = [
            (f"sections[{place}].rows[{row_place}].id", row.id)
            for place, section in sections
            for row_place, row in _right(section.rows)
        ]
        wrong = _repeated(ids) | _untitled(sections)
        if sum(len(section.rows or []) for _, section in sections) > MOST_ROWS:
            wrong["sections"] = [f"must hold at most {MOST_ROWS} rows in all"]
        if wrong:
            raise InvalidFieldsError(wrong)


class RowList(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="list"):
    """A list that opens at a button, with up to ten rows to choose from."""

    header: TextHeader | None = None
    body: ListBodyText
    footer: Footer | None = None
    action: ListAction


class UrlParameters(msgspec.Struct, frozen=True):
    display_text: Annotated[Label, Meta(examples=["Track it"])]
    url: Annotated[Link, Meta(examples=["https://shop.example/track/A-1042"])]


class UrlAction(msgspec.Struct, frozen=True):
    name: Literal["cta_url"]
    parameters: UrlParameters


class UrlButton(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="cta_url"):
    """A button that opens a page."""

    header: Header | None = None
    body: BodyText
    footer: Footer | None = None
    action: UrlAction


class LocationAction(msgspec.Struct, frozen=True):
    name: Literal["send_location"]


class LocationRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="location_request_message"):
    """A button with which the customer sends a location."""

    body: BodyText
    action: LocationAction


class FlowAction(msgspec.Struct, frozen=True):
    name: Literal["flow"]
    parameters: dict[str, Any]


class Flow(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="flow"):
    header: Header | None = None
    body: BodyText
    footer: Footer | None = None
    action: FlowAction


class ContactInfoAction(msgspec.Struct, frozen=True):
    name: Literal["request_contact_info"]


class ContactInfoRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="request_contact_info"):
    """A button with which the customer sends a phone number."""

    body: BodyText
    action: ContactInfoAction


class ProductAction(msgspec.Struct, frozen=True):
    catalog_id: Annotated[Id, Meta(examples=["194836987003835"])]
    product_retailer_id: Annotated[Id, Meta(examples=["SKU-12"])]


class Product(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="product"):
    body: BodyText | None = None
    footer: Footer | None = None
    action: ProductAction


class ProductItem(msgspec.Struct, frozen=True):
    product_retailer_id: Annotated[Id, Meta(examples=["SKU-12"])]


class ProductSection(msgspec.Struct, frozen=True):
    product_items: Annotated[list[ProductItem], Meta(min_length=1, max_length=MOST_PRODUCTS)]
    title: Annotated[SectionTitle, Meta(examples=["Chairs"])] | None = None


class ProductsAction(msgspec.Struct, frozen=True):
    catalog_id: Annotated[Id, Meta(examples=["194836987003835"])]
    sections: Annotated[list[ProductSection], Meta(min_length=1, max_length=10)]

    def __post_init__(self) -> None:
        sections = _right(self.sections)
        wrong = _untitled(sections)
        if sum(len(section.product_items or []) for _, section in sections) > MOST_PRODUCTS:
            wrong["sections"] = [f"must hold at most {MOST_PRODUCTS} products in all"]
        if wrong:
            raise InvalidFieldsError(wrong)


class ProductList(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="product_list"):
    header: TextHeader
    body: BodyText
    footer: Footer | None = None
    action: ProductsAction


class CatalogAction(msgspec.Struct, frozen=True):
    name: Literal["catalog_message"]
    parameters: dict[str, Any] | None = None


class Catalog(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="catalog_message"):
    body: BodyText
    footer: Footer | None = None
    action: CatalogAction


class CarouselAction(msgspec.Struct, frozen=True):
    cards: Annotated[list[dict[str, Any]], Meta(min_length=2, max_length=10)]


class Carousel(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="carousel"):
    body: BodyText
    action: CarouselAction


class CallPermissionAction(msgspec.Struct, frozen=True):
    name: Literal["call_permission_request"]


class CallPermissionRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="call_permission_request"):
    body: BodyText
    action: CallPermissionAction


class CallAction(msgspec.Struct, frozen=True):
    name: Literal["voice_call"]
    parameters: dict[str, Any] | None = None


class CallButton(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="voice_call"):
    body: BodyText
    action: CallAction


class AddressAction(msgspec.Struct, frozen=True):
    name: Literal["address_message"]
    parameters: dict[str, Any]


class AddressRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="address_message"):
    header: Header | None = None
    body: BodyText
    footer: Footer | None = None
    action: AddressAction


class OrderDetailsAction(msgspec.Struct, frozen=True):
    name: Literal["review_and_pay"]
    parameters: dict[str, Any]


class OrderDetails(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="order_details"):
    header: Header | None = None
    body: BodyText
    footer: Footer | None = None
    action: OrderDetailsAction


class OrderStatusAction(msgspec.Struct, frozen=True):
    name: Literal["review_order"]
    parameters: dict[str, Any]


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="order_status"):
    body: BodyText
    footer: Footer | None = None
    action: OrderStatusAction


Interactive = (
    Buttons
    | RowList
    | UrlButton
    | LocationRequest
    | Flow
    | ContactInfoRequest
    | Product
    | ProductList
    | Catalog
    | Carousel
    | CallPermissionRequest
    | CallButton
    | AddressRequest
    | OrderDetails
    | OrderStatus
)


def _right(items: list[Any] | None) -> list[tuple[int, Any]]:
    """The items that are right by themselves, with their places."""
    return [(place, item) for place, item in enumerate(items or []) if item]


def _repeated(values: Iterable[tuple[str, str | None]]) -> dict[str, list[str]]:
    """What is wrong with values that stand at several places and must differ; (path, value) for each place."""
    given = [(path, value) for path, value in values if value]
    times = Counter(value for _, value in given)
    return {path: ["must be unique"] for path, value in given if times[value] > 1}


def _untitled(sections: list[tuple[int, Any]]) -> dict[str, list[str]]:
    """Sections need titles once there are several."""
    if len(sections) < 2:
        return {}
    return {
        f"sections[{place}].title": ["is required where there are several sections"]
        for place, section in sections
        if not section.title
    }
