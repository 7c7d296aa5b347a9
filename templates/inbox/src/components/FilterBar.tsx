import { changeFilters } from "../actions";
import type { Filters } from "../filters";
import { phone } from "../format";
import { t } from "../i18n";
import { filters, hasSeveralNumbers, session } from "../store";
import type { PhoneNumber } from "../types";

const statuses: readonly Filters["status"][] = ["active", "ended", "all"];

export function FilterBar() {
  const { status, unread, handoff } = filters.value;
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="visually-hidden">{t("filter.status")}</legend>
        {statuses.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="status"
              checked={status === value}
              onChange={() => changeFilters({ status: value })}
            />
            <span>{t(`filter.${value}`)}</span>
          </label>
        ))}
      </fieldset>
      <div class="chips">
        <Toggle label={t("filter.unread")} pressed={unread} onPress={() => changeFilters({ unread: !unread })} />
        <Toggle label={t("filter.handoff")} pressed={handoff} onPress={() => changeFilters({ handoff: !handoff })} />
        {hasSeveralNumbers.value && <NumberChoice numbers={session.value?.phone_numbers ?? []} />}
      </div>
    </div>
  );
}

function Toggle({ label, pressed, onPress }: { label: string; pressed: boolean; onPress: () => void }) {
  return (
    <button type="button" class="chip" aria-pressed={pressed} onClick={onPress}>
      {label}
    </button>
  );
}

function NumberChoice({ numbers }: { numbers: PhoneNumber[] }) {
  return (
    <select
      class="chip number-choice"
      aria-label={t("filter.number")}
      value={filters.value.whatsappConfigId}
      onChange={(event) => changeFilters({ whatsappConfigId: event.currentTarget.value })}
    >
      <option value="all">{t("filter.allNumbers")}</option>
      {numbers.map((number) => (
        <option key={number.whatsapp_config_id} value={number.whatsapp_config_id}>
          {number.name || phone(number.display_phone_number ?? number.phone_number_id)}
        </option>
      ))}
    </select>
  );
}
