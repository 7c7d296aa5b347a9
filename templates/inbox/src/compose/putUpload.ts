import { theApi } from "../actions";
import { ApiError } from "../api";
import type { Media } from "../types";
import type { Kind } from "./files";

/** What the server has made of a file: a message's `media`, but for the state. */
export type UploadedFile = Omit<Media, "state">;

export interface Putting {
  conversationId: string;
  id: string;
  kind: Kind;
  file: Blob;
  filename: string;
}

/**
 * Sends the bytes of a file, telling how much of it is there, from 0 to 1: XMLHttpRequest is what knows that. The same
 * id again, after an answer that was lost, is harmless. Fails with an ApiError; `signal` takes it back.
 */
export function putUpload(
  { conversationId, id, kind, file, filename }: Putting,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<UploadedFile> {
  const query = new URLSearchParams({ kind, filename });
  const request = new XMLHttpRequest();
  request.open("PUT", `/inbox/v1/conversations/${conversationId}/uploads/${id}?${query}`);
  request.responseType = "json";
  request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
  for (const [name, value] of Object.entries(theApi().headers())) request.setRequestHeader(name, value);
  signal.addEventListener("abort", () => request.abort(), { once: true });
  return new Promise((resolve, reject) => {
    request.upload.onprogress = ({ loaded, total }) => onShare(total > 0 ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 200 || request.status === 201) resolve(request.response.data);
      else reject(theApi().refused(request.status, request.response ?? {}));
    };
    request.onerror = request.onabort = () => reject(new ApiError(0, "unreachable", "no answer"));
    request.send(file);
  });
}
