// Applies the stored theme before the first paint and serves every `[data-theme-toggle]` button.
// A classic script, so that it runs before the body is drawn; docs pages load it too.
(() => {
  const KEY = "cuebook.theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is switched off: the system's theme holds
    }
  };

  const current = () => root.dataset.theme ?? (system.matches ? "dark" : "light");

  const label = () => {
    const next = current() === "dark" ? "light" : "dark";
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-label", `Switch to the ${next} theme`);
      button.title = `Switch to the ${next} theme`;
      button.dataset.next = next;
    }
  };

  const choose = (theme) => {
    root.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // kept for this page only
    }
    label();
  };

  const chosen = stored();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  system.addEventListener("change", label);
  document.addEventListener("DOMContentLoaded", () => {
    label();
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.addEventListener("click", () => choose(current() === "dark" ? "light" : "dark"));
    }
  });
})();
