/** The theme changes at once; the server hears of it and keeps it in a cookie. */
export function readyThemeSwitch(): void {
  const form = document.querySelector<HTMLFormElement>("[data-theme-form]");
  form?.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    delete form.dataset.sent;
    const said = new FormData(form, button);
    void fetch(form.action, { method: "POST", body: new URLSearchParams([...said].map(([k, v]) => [k, String(v)])) });
    document.documentElement.dataset.mode = button.value;
    for (const one of form.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button));
  });
}
