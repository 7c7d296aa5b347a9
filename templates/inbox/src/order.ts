import { money } from "./format";
import type { Order } from "./types";

export interface OrderLine {
  id: string;
  quantity: number;
  price: string;
}

export interface OrderSum {
  lines: OrderLine[];
  /** Null where nobody can have meant it. */
  count: number | null;
  /** Null where prices are missing or of several currencies. */
  total: string | null;
}

const most = 1_000_000;

/** Meta gives each item's price for one piece, as a number or as a text. */
export function sumUp({ product_items = [] }: Order): OrderSum {
  const items = product_items.map((item) => ({
    id: item.product_retailer_id ?? "",
    quantity: finite(item.quantity, 1),
    price: finite(item.item_price, Number.NaN),
    currency: item.currency ?? "",
  }));
  const currency = items[0]?.currency ?? "";
  const total = items.reduce((sum, item) => sum + item.quantity * item.price, 0);
  const count = items.reduce((sum, item) => sum + item.quantity, 0);
  const summed = items.length > 0 && Number.isFinite(total) && items.every((item) => item.currency === currency);
  return {
    lines: items.map(({ id, quantity, price, currency }) => ({
      id,
      quantity,
      price: Number.isFinite(price) ? money(price, currency) : "",
    })),
    count: count < most ? count : null,
    total: summed ? money(total, currency) : null,
  };
}

function finite(value: number | string | undefined, otherwise: number): number {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) ? number : otherwise;
}
