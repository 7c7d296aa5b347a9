import { locale } from "./i18n";

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes a hundred times as long as using it. */
function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale, options);
    formats.set(key, known);
  }
  return known;
}

const format = (date: Date, options: Intl.DateTimeFormatOptions) => formatOf(options).format(date);

function daysAgo(date: Date, now: Date): number {
  const midnight = (day: Date) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}

const relatives = new Map<string, Intl.RelativeTimeFormat>();

function relative(value: number, unit: Intl.RelativeTimeFormatUnit, style: Intl.RelativeTimeFormatStyle): string {
  const key = locale + style;
  const known = relatives.get(key) ?? new Intl.RelativeTimeFormat(locale, { numeric: "auto", style });
  relatives.set(key, known);
  return known.format(value, unit);
}

const capital = (text: string) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);

export function clock(iso: string): string {
  return format(new Date(iso), { hour: "numeric", minute: "2-digit" });
}

export function fullTime(iso: string): string {
  return format(new Date(iso), { dateStyle: "medium", timeStyle: "short" });
}

/** The short time in the list: minutes, then the clock, then the weekday, then the date. */
export function listTime(iso: string, now: Date): string {
  const date = new Date(iso);
  const minutes = Math.floor((now.getTime() - date.getTime()) / 60_000);
  const days = daysAgo(date, now);
  if (minutes < 1) return relative(0, "second", "narrow");
  if (minutes < 60) return relative(-minutes, "minute", "narrow");
  if (days === 0) return clock(iso);
  if (days === 1) return relative(-1, "day", "short");
  if (days < 7) return format(date, { weekday: "short" });
  return format(date, { day: "numeric", month: "short", ...otherYear(date, now) });
}

/** The heading above the messages of one day. */
export function dayName(iso: string, now: Date): string {
  const date = new Date(iso);
  const days = daysAgo(date, now);
  if (days === 0 || days === 1) return capital(relative(-days, "day", "long"));
  if (days > 1 && days < 7) return capital(format(date, { weekday: "long" }));
  return format(date, { weekday: "short", day: "numeric", month: "long", ...otherYear(date, now) });
}

/** A day within a sentence: "12 May", with its year when that is another one. */
export function dayDate(iso: string, now: Date): string {
  const date = new Date(iso);
  return format(date, { day: "numeric", month: "long", ...otherYear(date, now) });
}

/** From one day to another, as "3 – 5 May 2026"; without an end only the first. */
export function span(from: string, to: string | null): string {
  const first = new Date(from);
  const last = to === null ? first : new Date(to);
  return formatOf({ dateStyle: "medium" }).formatRange(first, last > first ? last : first);
}

export function dayKey(iso: string): string {
  return new Date(iso).toDateString();
}

function otherYear(date: Date, now: Date): Intl.DateTimeFormatOptions {
  return date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
}

export function wholeNumber(value: number): string {
  return value.toLocaleString(locale, length(value));
}

/** Nobody reads a number of 300 digits. */
const length = (value: number) => (Math.abs(value) < 1e12 ? {} : ({ notation: "scientific" } as const));

/** A length of time as a clock shows it: 3:05, 1:02:09. */
export function duration(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown
    .map((part, index) => part.toLocaleString(locale, { minimumIntegerDigits: index === 0 ? 1 : 2 }))
    .join(":");
}

export function money(amount: number, currency: string): string {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency, ...length(amount) }).format(amount);
  } catch {
    return `${wholeNumber(amount)} ${currency}`;
  }
}

/** Bare digits, as WhatsApp gives them, with the plus that makes them a number one can dial. */
export function phone(number: string): string {
  return /^\d{6,}$/.test(number) ? `+${number}` : number;
}

export function initials(name: string): string {
  const words = name.match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  const [first = "", last = ""] = [words[0], words.length > 1 ? words.at(-1) : ""];
  return (Array.from(first)[0] ?? "").concat(Array.from(last)[0] ?? "").toLocaleUpperCase();
}

/** A steady number of 0..count-1 from an id: the avatar's colour. */
export function pick(id: string, count: number): number {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return hash % count;
}
