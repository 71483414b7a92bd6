/** Waiting for conditions with deadlines: nothing here hopes that a pause was long enough. */

import { setTimeout as tick } from 'node:timers/promises';

/** What every deadline is multiplied with: busy machines are slow, not wrong. */
export const patience = Number(process.env.FANFINITY_PATIENCE ?? 1);

/** Polls `condition` until it is true of something, and returns that. A condition that throws is not true yet. */
export async function waitUntil(condition, what, seconds = 30) {
  const deadline = performance.now() + seconds * 1000 * patience;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${seconds * patience} s in vain: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`);
    }
    await tick(50);
  }
}
