import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fitted, moved, type Point, type Room, type View, zoomed } from "./zoom";

interface Gestures {
  /** A finger went sideways over a picture that is not zoomed: 1 is to the right. */
  onSwipe: (direction: 1 | -1) => void;
  /** It went downwards. */
  onPullDown: () => void;
}

/** Pixels that a finger has to go. */
const swipe = 60;
const step = 1.5;

/** A picture that is made larger and moved by the wheel, by fingers, by a double click and by what calls it. */
export function useZoom(frame: RefObject<HTMLElement | null>, id: string, gestures: Gestures) {
  const [view, setView] = useState<View>(fitted);
  const pointers = useRef(new Map<number, Point>());
  const start = useRef<Point | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture begins anew
  useEffect(() => setView(fitted), [id]);

  const room = (): Room => {
    const picture = frame.current?.querySelector("img");
    return {
      picture: { width: picture?.offsetWidth ?? 0, height: picture?.offsetHeight ?? 0 },
      frame: { width: frame.current?.clientWidth ?? 0, height: frame.current?.clientHeight ?? 0 },
    };
  };
  const zoom = (factor: number, point: Point = { x: 0, y: 0 }) => setView((now) => zoomed(now, factor, point, room()));
  const move = (by: Point) => setView((now) => moved(now, by, room()));
  const fromMiddle = ({ clientX, clientY }: MouseEvent): Point => {
    const box = frame.current?.getBoundingClientRect() ?? new DOMRect();
    return { x: clientX - box.x - box.width / 2, y: clientY - box.y - box.height / 2 };
  };

  // The browser would zoom the page, unless it is told at once that it need not.
  useEffect(() => {
    const element = frame.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), fromMiddle(event));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  });

  const onPointerDown = (event: PointerEvent) => {
    if (event.target instanceof HTMLVideoElement) return;
    frame.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, fromMiddle(event));
    start.current = pointers.current.size === 1 ? fromMiddle(event) : null;
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = fromMiddle(event);
    pointers.current.set(event.pointerId, now);
    const [other] = [...pointers.current].filter(([pointer]) => pointer !== event.pointerId);
    if (other) pinch(before, now, other[1]);
    else if (view.scale > 1) move({ x: now.x - before.x, y: now.y - before.y });
  };
  const pinch = (before: Point, now: Point, other: Point) => {
    const apart = (a: Point, b: Point) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    zoom(apart(now, other) / apart(before, other), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    move({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
  };
  const onPointerUp = (event: PointerEvent) => {
    const from = start.current;
    pointers.current.delete(event.pointerId);
    start.current = null;
    if (!from || view.scale > 1 || event.pointerType === "mouse" || event.type === "pointercancel") return;
    const to = fromMiddle(event);
    const [x, y] = [to.x - from.x, to.y - from.y];
    if (Math.abs(x) > Math.max(swipe, Math.abs(y))) gestures.onSwipe(x > 0 ? 1 : -1);
    else if (y > 2 * swipe) gestures.onPullDown();
  };
  return {
    view,
    zoomIn: () => zoom(step),
    zoomOut: () => zoom(1 / step),
    fit: () => setView(fitted),
    move,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp,
      onPointerCancel: onPointerUp,
      onDblClick: (event: MouseEvent) => (view.scale > 1 ? setView(fitted) : zoom(2.5, fromMiddle(event))),
    },
  };
}
