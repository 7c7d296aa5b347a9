import fc from "fast-check";
import { expect, test } from "vitest";
import { contactBody, emptyCard, wrongInCard } from "../src/compose/card";
import { emptyLocation, locationBody, readPlace, wrongCoordinates } from "../src/compose/place";

test("a place is read as people copy it from a map", () => {
  const mexico = { latitude: 19.4326, longitude: -99.1332 };
  for (const text of [
    "19.4326, -99.1332",
    "19.4326 -99.1332",
    "https://www.openstreetmap.org/?mlat=19.4326&mlon=-99.1332#map=16/1/2",
    "https://www.openstreetmap.org/#map=16/19.4326/-99.1332",
    "https://www.google.com/maps/@19.4326,-99.1332,15z",
    "https://www.google.com/maps/search/?api=1&query=19.4326%2C-99.1332",
    "https://www.google.com/maps/place/X/@1,2,3z/data=!3d19.4326!4d-99.1332",
    "https://maps.apple.com/?ll=19.4326,-99.1332",
  ])
    expect(readPlace(text), text).toEqual(mexico);
  for (const text of ["", "the old mill", "120, 10", "19.4326"]) expect(readPlace(text), text).toBeNull();
});

test("every pair of coordinates is read as it is written", () => {
  const within = (most: number) => fc.integer({ min: -most * 1e6, max: most * 1e6 }).map((value) => value / 1e6);
  fc.assert(
    fc.property(within(90), within(180), (latitude, longitude) => {
      fc.pre(![latitude, longitude].some((value) => `${value}`.includes("e")));
      expect(readPlace(`${latitude}, ${longitude}`)).toEqual({ latitude: latitude + 0, longitude: longitude + 0 });
    }),
  );
});

test("only numbers of degrees are coordinates", () => {
  const wrong = (latitude: string, longitude: string) => wrongCoordinates({ ...emptyLocation, latitude, longitude });
  expect(wrong("19.4", "-99.1")).toEqual([]);
  expect(wrong("", "x")).toEqual(["latitude", "longitude"]);
  expect(wrong("90.1", "180")).toEqual(["latitude"]);
  expect(locationBody({ latitude: "1.5", longitude: "2", name: " ", address: " Bath " })).toEqual({
    latitude: 1.5,
    longitude: 2,
    address: "Bath",
  });
});

test("a card needs a name and a number, and has what else there is", () => {
  expect(wrongInCard(emptyCard)).toEqual(["first", "phone"]);
  const card = { first: " Ana ", last: "Ribeiro", phone: "+1 (555) 010-0123", email: "ana@", company: "" };
  expect(wrongInCard(card)).toEqual(["email"]);
  expect(contactBody({ ...card, email: "" })).toEqual({
    name: { formatted_name: "Ana Ribeiro", first_name: "Ana", last_name: "Ribeiro" },
    phones: [{ phone: "+1 (555) 010-0123", type: "WORK" }],
  });
});
