/** What all views share: the time, whose freshness the header tells, what a screen reader is told, the theme. */

import { computed, effect, type Signal, signal } from '@preact/signals';
import { serverNow } from './api/server_clock';
import { freshness, type Link } from './model/freshness';

/** The server's time, a second at a time, while somebody looks. */
export const now = signal(serverNow());
const tick = () => {
  if (!document.hidden) now.value = serverNow();
};
setInterval(tick, 1000);
document.addEventListener('visibilitychange', tick);

export const shownLink = signal<Signal<Link> | undefined>(undefined);
/** How current what is shown is; empty while nothing is. */
export const shownFreshness = computed(() => shownLink.value && freshness(shownLink.value.value, now.value));
export const isStale = computed(() => shownFreshness.value?.level === 'stale');

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
