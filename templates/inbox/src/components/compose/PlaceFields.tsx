import { useState } from "preact/hooks";
import { type LocationDraft, readPlace } from "../../compose/place";
import { w } from "../../i18n/tools";
import { PinIcon } from "../icons";
import { TextField } from "./TextField";

interface Props {
  draft: LocationDraft;
  onChange: (values: Partial<LocationDraft>) => void;
  errorOf: (field: "latitude" | "longitude") => string | undefined;
}

const limit = 1000;

/** A place: by its coordinates, by what was copied from a map, or by where the reader is. */
export function PlaceFields({ draft, onChange, errorOf }: Props) {
  const [trouble, setTrouble] = useState(false);
  const [busy, setBusy] = useState(false);
  const put = (latitude: number, longitude: number) => onChange({ latitude: `${latitude}`, longitude: `${longitude}` });
  const onPaste = (event: ClipboardEvent) => {
    const place = readPlace(event.clipboardData?.getData("text/plain") ?? "");
    if (!place) return;
    event.preventDefault();
    put(place.latitude, place.longitude);
  };
  const locate = () => {
    setTrouble(false);
    setBusy(true);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setBusy(false);
        put(Number(coords.latitude.toFixed(6)), Number(coords.longitude.toFixed(6)));
      },
      () => {
        setBusy(false);
        setTrouble(true);
      },
      { timeout: 20_000 },
    );
  };
  return (
    <>
      <div class="field-row">
        <TextField
          label={w("location.latitude")}
          value={draft.latitude}
          inputMode="decimal"
          placeholder="19.4326"
          error={errorOf("latitude")}
          hint={w("location.pasteHint")}
          onPaste={onPaste}
          onInput={(latitude) => onChange({ latitude })}
        />
        <TextField
          label={w("location.longitude")}
          value={draft.longitude}
          inputMode="decimal"
          placeholder="-99.1332"
          error={errorOf("longitude")}
          onPaste={onPaste}
          onInput={(longitude) => onChange({ longitude })}
        />
      </div>
      {"geolocation" in navigator && (
        <button type="button" class="button button-icon" aria-disabled={busy} onClick={() => !busy && locate()}>
          {busy ? <span class="spinner" /> : <PinIcon />}
          {w("location.mine")}
        </button>
      )}
      {trouble && (
        <p class="field-error" role="alert">
          {w("location.refused")}
        </p>
      )}
      <TextField label={w("location.name")} value={draft.name} limit={limit} onInput={(name) => onChange({ name })} />
      <TextField
        label={w("location.address")}
        value={draft.address}
        limit={limit}
        onInput={(address) => onChange({ address })}
      />
    </>
  );
}
