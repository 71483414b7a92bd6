/** What all views share: the time, whose freshness the header tells, what a screen reader is told, the theme. */

import { effect, type Signal, signal } from '@preact/signals';
import { serverNow } from './api/server_clock';
import type { Link } from './model/freshness';

/** The server's time, a second at a time. */
export const now = signal(serverNow());
setInterval(() => {
  now.value = serverNow();
}, 1000);

export const shownLink = signal<Signal<Link> | undefined>(undefined);

/** Read aloud once, politely. */
export const announcement = signal('');

export type Theme = 'auto' | 'light' | 'dark';
const THEME = 'fanfinity.theme';
const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

function storedTheme(): Theme {
  const stored = localStorage.getItem(THEME);
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export const theme = signal<Theme>(storedTheme());
const system = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);
system.addEventListener('change', () => {
  systemIsDark.value = system.matches;
});

/** What is shown. What draws on a canvas draws again when it changes. */
export const palette = signal<'light' | 'dark'>('light');
effect(() => {
  palette.value = theme.value === 'auto' ? (systemIsDark.value ? 'dark' : 'light') : theme.value;
  document.documentElement.dataset.theme = palette.value;
  localStorage.setItem(THEME, theme.value);
});

export function switchTheme(): void {
  theme.value = NEXT[theme.value];
}
