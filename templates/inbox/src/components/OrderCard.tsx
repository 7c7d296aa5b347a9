import { money } from "../format";
import { t } from "../i18n";
import type { Order } from "../types";
import { CartIcon } from "./icons";
import { Text } from "./MessageContent";

export function OrderCard({ order }: { order: Order }) {
  const items = (order.product_items ?? []).map((item) => ({
    id: item.product_retailer_id ?? "",
    quantity: Number(item.quantity ?? 1),
    price: Number(item.item_price ?? 0),
    currency: item.currency ?? "",
  }));
  const total = items.reduce((sum, item) => sum + item.quantity * item.price, 0);
  const count = items.reduce((sum, item) => sum + item.quantity, 0);
  return (
    <>
      <div class="card">
        <span class="card-icon">
          <CartIcon />
        </span>
        <span class="card-body">
          <span class="card-title">{t("content.order")}</span>
          <small>
            {t("content.items", { count })} · {money(total, items[0]?.currency ?? "")}
          </small>
        </span>
      </div>
      <ul class="order">
        {items.map((item) => (
          <li key={item.id}>
            <bdi>{item.id}</bdi>
            <span>
              {item.quantity} × {money(item.price, item.currency)}
            </span>
          </li>
        ))}
      </ul>
      {order.text && <Text body={order.text} />}
    </>
  );
}
