import { expect, test } from "vitest";
import { sumUp } from "../src/order";

const item = (quantity: number | string, item_price: number | string, currency = "EUR") => ({
  product_retailer_id: "SKU",
  quantity,
  item_price,
  currency,
});

test("an order is counted and summed up, whether Meta writes numbers or texts", () => {
  const order = sumUp({ product_items: [item(2, 19.9), item("1", "1200")] });
  expect(order.lines.map(({ quantity, price }) => [quantity, price])).toEqual([
    [2, "€19.90"],
    [1, "€1,200.00"],
  ]);
  expect([order.count, order.total]).toEqual([3, "€1,239.80"]);
});

test("there is no total of several currencies, nor without every price", () => {
  expect(sumUp({ product_items: [item(1, 5), item(1, 5, "USD")] }).total).toBeNull();
  const unpriced = sumUp({ product_items: [item(1, 5), item(1, "free")] });
  expect([unpriced.total, unpriced.lines[1]?.price]).toEqual([null, ""]);
  expect(sumUp({})).toEqual({ lines: [], count: 0, total: null });
});

test("what nobody can have ordered is not spelled out in 300 digits", () => {
  const order = sumUp({ product_items: [item(9e307, 2)] });
  expect([order.count, order.total, order.lines[0]?.price]).toEqual([null, null, "€2.00"]);
  expect(sumUp({ product_items: [item(1, 1e300)] }).total).toMatch(/^€1(\.00)?E300$/);
});

test("a currency that nobody knows is written as it came", () => {
  expect(sumUp({ product_items: [item(1, 5, "?")] }).total).toBe("5 ?");
});
