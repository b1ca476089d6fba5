import { useEffect, useState } from 'react';

type Theme = 'auto' | 'light' | 'dark';
const key = 'honk-theme';
const order: readonly Theme[] = ['auto', 'light', 'dark'];

function stored(): Theme {
  try {
    const theme = localStorage.getItem(key);
    return order.find(one => one === theme) ?? 'auto';
  } catch {
    return 'auto';
  }
}

/** As the system has it, until somebody says otherwise. */
export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(stored);
  useEffect(() => {
    const root = document.documentElement;
    if (theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      localStorage.setItem(key, theme);
    } catch {
      /* a browser that keeps nothing asks again next time */
    }
  }, [theme]);
  const next = order[(order.indexOf(theme) + 1) % order.length]!;
  return (
    <button type="button" className="honk-button honk-quiet" onClick={() => setTheme(next)} aria-label={`Colours: ${theme}; change to ${next}`} title={`Colours: ${theme}`}>
      {{ auto: '◐', light: '☀', dark: '☾' }[theme]}
    </button>
  );
}
