/** How a picture lies in its frame: how many times as large as it fits, and how far its middle is from the frame's. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Pixels: the picture as it fits, and the frame. */
export interface Room {
  picture: { width: number; height: number };
  frame: { width: number; height: number };
}

export const fitted: View = { scale: 1, x: 0, y: 0 };

const most = 8;

/** The picture so many times larger, with what is at `point` (from the frame's middle) staying where it is. */
export function zoomed(view: View, factor: number, point: Point, room: Room): View {
  const scale = Math.min(most, Math.max(1, view.scale * factor));
  const growth = scale / view.scale;
  return within({ scale, x: point.x - (point.x - view.x) * growth, y: point.y - (point.y - view.y) * growth }, room);
}

export const moved = ({ scale, x, y }: View, by: Point, room: Room): View =>
  within({ scale, x: x + by.x, y: y + by.y }, room);

/** No further than to the picture's edges. */
function within({ scale, x, y }: View, { picture, frame }: Room): View {
  const reach = (size: number, space: number) => Math.max(0, (size * scale - space) / 2);
  const clamp = (value: number, limit: number) => Math.max(-limit, Math.min(limit, value));
  return {
    scale,
    x: clamp(x, reach(picture.width, frame.width)),
    y: clamp(y, reach(picture.height, frame.height)),
  };
}
