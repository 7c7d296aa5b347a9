import type { ViewerWords } from "./en";

export const ar: ViewerWords = {
  count: "{at} من {count}",
  download: "تنزيل",
  next: "التالي",
  noFilm: "لا يستطيع هذا المتصفح تشغيل الفيديو، ويمكن تنزيله.",
  played: "تم الاستماع",
  previous: "السابق",
  saveContact: "حفظ جهة الاتصال",
  shown: "الصور ومقاطع الفيديو",
  speed: "السرعة: {speed}",
  unplayed: "لم يُستمع إليها بعد",
  zoomIn: "تكبير",
  zoomOut: "تصغير",
};
