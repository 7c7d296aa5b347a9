import { chooseMode, mode, modes } from "../appearance";
import { t } from "../i18n";
import { DeviceIcon, MoonIcon, SunIcon } from "./icons";

const icons = { system: DeviceIcon, light: SunIcon, dark: MoonIcon };

export function ThemeSwitch() {
  const Icon = icons[mode.value];
  const next = modes[(modes.indexOf(mode.value) + 1) % modes.length] ?? "system";
  const label = t(`theme.${mode.value}`);
  return (
    <button type="button" class="icon-button" title={label} aria-label={label} onClick={() => chooseMode(next)}>
      <Icon />
    </button>
  );
}
