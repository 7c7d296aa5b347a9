/** What few messages have in them. It is loaded with the first that does. */
import "../styles/cards.css";

export { ContactCards } from "./ContactCards";
export { InteractiveContent } from "./InteractiveContent";
export { LocationCard } from "./LocationCard";
export { OrderCard } from "./OrderCard";
export { ReferralCard } from "./ReferralCard";
export { TemplateContent } from "./TemplateContent";
