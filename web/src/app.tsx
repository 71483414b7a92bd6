/** The frame around every view: brand, places to go, freshness, theme. */

import { useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { keyWanted } from './api/client';
import { title } from './model/format';
import { route } from './route';
import { announcement, isStale, shownFreshness, switchTheme, theme } from './state';
import { KeyForm } from './views/key_form';
import { Match } from './views/match';
import { Matches } from './views/matches';
import { System } from './views/system';

const THEME_NAMES = { auto: 'Automatic', light: 'Light', dark: 'Dark' };

function FreshnessPill() {
  const level = useRef('');
  const state = shownFreshness.value;
  useEffect(() => {
    if (!state || state.level === level.current) return;
    // That it is connected at first is what everybody expects.
    if (level.current !== '' && state.level !== 'waiting') announcement.value = state.text;
    if (state.level !== 'waiting') level.current = state.level;
  });
  if (!state) return null;
  return (
    <p class={`freshness ${state.level}`} title={state.detail}>
      <span class="dot" aria-hidden="true" />
      {state.text}
    </p>
  );
}

/** What is not current must not look as if it were. */
function StaleNote() {
  const state = shownFreshness.value;
  return state?.level === 'stale' ? <p class="stale-note">{state.detail}</p> : null;
}

function ThemeSwitch() {
  const name = THEME_NAMES[theme.value];
  return (
    <button type="button" class="theme" onClick={switchTheme} aria-label={`Theme: ${name}. Switch`}>
      <span class={`theme-icon ${theme.value}`} aria-hidden="true" />
      <span class="theme-name">{name}</span>
    </button>
  );
}

function View() {
  const at = route.value;
  switch (at.view) {
    case 'matches':
      return <Matches />;
    case 'match':
      return <Match key={at.matchId} matchId={at.matchId} />;
    case 'system':
      return <System />;
  }
}

export function App() {
  const main = useRef<HTMLElement>(null);
  const here = useComputed(() => route.value.view);
  const first = useRef(true);
  useSignalEffect(() => {
    const at = route.value;
    const name = at.view === 'match' ? title(at.matchId).name : at.view === 'system' ? 'System' : 'Matches';
    document.title = `${name} · Fanfinity`;
    // Who follows a link by keyboard goes on where the new view begins.
    if (!first.current) {
      main.current?.focus({ preventScroll: true });
      // The list restores its own place.
      if (at.view !== 'matches') window.scrollTo(0, 0);
    }
    first.current = false;
  });
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="bar">
        <a class="brand" href="#/" aria-label="Fanfinity, all matches">
          <span class="mark" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          Fanfinity
        </a>
        <nav aria-label="Views">
          <a href="#/" aria-current={here.value === 'matches' ? 'page' : undefined}>
            Matches
          </a>
          <a href="#/system" aria-current={here.value === 'system' ? 'page' : undefined}>
            System
          </a>
          <a href="docs">API</a>
        </nav>
        <FreshnessPill />
        <ThemeSwitch />
      </header>
      <main id="main" ref={main} tabIndex={-1} class={isStale.value ? 'stale' : ''}>
        <StaleNote />
        {keyWanted.value ? <KeyForm /> : null}
        <View />
      </main>
      <output class="unseen" aria-live="polite">
        {announcement.value}
      </output>
    </>
  );
}
