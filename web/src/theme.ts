// Light or dark as chosen, before the first paint; without a choice the style sheet follows the
// system.
try {
  const chosen = localStorage.getItem('serin.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's choice.
}
