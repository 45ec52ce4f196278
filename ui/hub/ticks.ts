// The hub's clock in the browser: one timer for all ages and countdowns, none while the page is hidden.
import { signal } from '@preact/signals';

/** Hub's time minus ours, ms; set by every frame that carries a time. */
let ahead = 0;
/** The hub's time now, epoch ms. */
export const hubNow = (): number => Date.now() + ahead;

/** Grows every second. */
export const second = signal(Date.now());
/** Grows every 100 ms while a countdown below 10 s is shown, else with `second`. */
export const tenth = signal(Date.now());

let wantTenths = 0;

/** A countdown says that it needs tenths for the next second. */
export function needTenths(): void {
  wantTenths = Date.now() + 1000;
}

/** Corrects the clock from a frame. Half a second of network is not worth a jump. */
export function setHubTime(at: number): void {
  const next = at - Date.now();
  if (Math.abs(next - ahead) > 500) {
    ahead = next;
    second.value = hubNow();
    tenth.value = hubNow();
  }
}

/** Starts the one timer. Gives the way to stop. */
export function startTicks(): () => void {
  const timer = setInterval(() => {
    if (document.hidden) return;
    const now = hubNow();
    const wholeSecond = Math.floor(now / 1000) !== Math.floor(second.peek() / 1000);
    if (wholeSecond) second.value = now;
    if (wholeSecond || wantTenths > Date.now()) tenth.value = now;
  }, 100);
  return () => clearInterval(timer);
}
