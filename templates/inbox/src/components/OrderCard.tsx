import { wholeNumber } from "../format";
import { t } from "../i18n";
import { sumUp } from "../order";
import type { Order } from "../types";
import { CartIcon } from "./icons";
import { Text } from "./RichText";

export function OrderCard({ order }: { order: Order }) {
  const { lines, count, total } = sumUp(order);
  return (
    <>
      <div class="card">
        <span class="card-icon">
          <CartIcon />
        </span>
        <span class="card-body">
          <span class="card-title">{t("content.order")}</span>
          {count !== null && <small>{t("content.items", { count })}</small>}
        </span>
      </div>
      <ul class="order">
        {lines.map(({ id, quantity, price }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an order's lines never move
          <li key={index}>
            <bdi>{id}</bdi>
            <span>
              {wholeNumber(quantity)} × <bdi>{price || "–"}</bdi>
            </span>
          </li>
        ))}
        {total && (
          <li class="order-total">
            {t("content.total")}
            <bdi>{total}</bdi>
          </li>
        )}
      </ul>
      {order.text && <Text body={order.text} />}
    </>
  );
}
