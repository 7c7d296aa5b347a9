import { t } from "../i18n";
import type { Location } from "../types";
import { PinIcon } from "./icons";
import { SafeLink } from "./RichText";

export function LocationCard({ location }: { location: Location }) {
  const { name, address } = location;
  const [latitude, longitude] = [Number(location.latitude), Number(location.longitude)];
  const known = Number.isFinite(latitude) && Number.isFinite(longitude);
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return (
    <div class="card">
      <span class="card-icon">
        <PinIcon />
      </span>
      <span class="card-body">
        <bdi class="card-title">{name || t("content.location")}</bdi>
        {address && <small dir="auto">{address}</small>}
        {known && <SafeLink href={href}>{t("content.map")}</SafeLink>}
      </span>
    </div>
  );
}
