import fc from "fast-check";
import { expect, test } from "vitest";
import { vCard } from "../src/vcard";

test("a contact is a card that address books read", () => {
  const name = { formatted_name: "Ana; Ito", first_name: "Ana", last_name: "Ito" };
  const card = vCard({ name, phones: [{ phone: "+1 555 0100" }, { wa_id: "15550101" }], org: { company: "A, B" } });
  expect(card.split("\r\n")).toEqual([
    "BEGIN:VCARD",
    "VERSION:3.0",
    "N:Ito;Ana",
    "FN:Ana\\; Ito",
    "ORG:A\\, B",
    "TEL:+1 555 0100",
    "TEL:+15550101",
    "END:VCARD",
    "",
  ]);
});

test("no value adds a line to the card", () => {
  const unit = fc.constantFrom("\r", "\n", "\u2028", "\0", "a", ":", ";", "\\", "TEL:1");
  fc.assert(
    fc.property(fc.string({ unit }), (value) => {
      const card = vCard({ name: { formatted_name: `x${value}` }, emails: [{ email: `y${value}` }] });
      expect(card.split(/[\r\n\u2028\0]+/)).toHaveLength(7);
    }),
  );
});
