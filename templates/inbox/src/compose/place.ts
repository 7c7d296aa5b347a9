import type { LocationBody } from "../reply";

export interface Coordinates {
  latitude: number;
  longitude: number;
}

const number = String.raw`(-?\d{1,3}(?:\.\d+)?)`;
// A pair of numbers, and the links of the usual maps: mlat=…&mlon=…, /@lat,lon, q=lat,lon, ll=lat,lon, #map=z/lat/lon.
const shapes = [
  new RegExp(`^\\s*${number}\\s*[,;\\s]\\s*${number}\\s*$`),
  new RegExp(`mlat=${number}&mlon=${number}`),
  new RegExp(`!3d${number}!4d${number}`),
  new RegExp(`[@=]${number}(?:,|%2C)\\+?${number}`),
  new RegExp(`#map=[\\d.]+/${number}/${number}`),
];

/** The place that a text names, as people copy one from a map; null if it names none. */
export function readPlace(text: string): Coordinates | null {
  for (const shape of shapes) {
    const found = shape.exec(text);
    if (!found) continue;
    const [latitude, longitude] = [Number(found[1]), Number(found[2])];
    if (isLatitude(latitude) && isLongitude(longitude)) return { latitude, longitude };
  }
  return null;
}

export const isLatitude = (value: number) => Math.abs(value) <= 90;
export const isLongitude = (value: number) => Math.abs(value) <= 180;

export interface LocationDraft {
  latitude: string;
  longitude: string;
  name: string;
  address: string;
}

export const emptyLocation: LocationDraft = { latitude: "", longitude: "", name: "", address: "" };

/** The fields of a location that say no place on earth. */
export function wrongCoordinates({ latitude, longitude }: LocationDraft): ("latitude" | "longitude")[] {
  const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));
  return [
    ...(isNumber(latitude) && isLatitude(Number(latitude)) ? [] : ["latitude" as const]),
    ...(isNumber(longitude) && isLongitude(Number(longitude)) ? [] : ["longitude" as const]),
  ];
}

export function locationBody({ latitude, longitude, name, address }: LocationDraft): LocationBody {
  return {
    latitude: Number(latitude),
    longitude: Number(longitude),
    ...(name.trim() ? { name: name.trim() } : {}),
    ...(address.trim() ? { address: address.trim() } : {}),
  };
}
