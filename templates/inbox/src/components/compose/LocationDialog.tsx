import { useState } from "preact/hooks";
import { emptyLocation, type LocationDraft, locationBody, readPlace, wrongCoordinates } from "../../compose/place";
import { w } from "../../i18n/tools";
import type { Conversation } from "../../types";
import { PlaceFields } from "./PlaceFields";
import { Preview } from "./Preview";
import { ToolDialog } from "./ToolDialog";
import { ToolForm } from "./ToolForm";
import { useSubmit } from "./useSubmit";

interface Props {
  conversation: Conversation;
  onClose: () => void;
}

export function LocationDialog({ conversation: { id }, onClose }: Props) {
  const [draft, setDraft] = useState(emptyLocation);
  const [checked, setChecked] = useState(false);
  const submission = useSubmit(id, onClose);
  const wrong = wrongCoordinates(draft);
  const change = (values: Partial<LocationDraft>) => {
    setDraft({ ...draft, ...values });
    submission.clear();
  };
  const send = () => {
    setChecked(true);
    if (wrong.length === 0) void submission.run({ type: "location", location: locationBody(draft) });
  };
  const errorOf = (field: "latitude" | "longitude") =>
    (checked && wrong.includes(field) && w("problem.coordinate")) || submission.errors[`location.${field}`]?.[0];
  const place = readPlace(`${draft.latitude},${draft.longitude}`);
  const { name = "", address = "" } = locationBody(draft);
  return (
    <ToolDialog title={w("location.title")} onClose={onClose} hidden={submission.sent}>
      <ToolForm
        submission={submission}
        onSubmit={send}
        preview={<Preview content={{ type: "location", location: { name, address, ...place } }} />}
      >
        <PlaceFields draft={draft} onChange={change} errorOf={errorOf} />
      </ToolForm>
    </ToolDialog>
  );
}
