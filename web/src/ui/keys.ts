// Single keys. They do nothing inside inputs and dialogs, and can be switched off in the settings.
import {useEffect, useRef} from 'preact/hooks';

export type Keys = Record<string, () => void>;

function off(): boolean {
  try {
    return localStorage.getItem('serin.keys') === 'off';
  } catch {
    return false;
  }
}

let prefix = '';
let prefixAt = 0;
const kPrefixMs = 1500;

// Keys are as KeyboardEvent.key gives them ("A" is Shift+a); "g r" is g, then r.
export function useKeys(keys: Keys): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || off()) return;
      if (target instanceof HTMLElement && (target.isContentEditable ||
          target.closest('input, textarea, select, dialog'))) {
        return;
      }
      const led = prefix && Date.now() - prefixAt < kPrefixMs ? `${prefix} ${event.key}` : '';
      const action = current.current[led] ?? (led ? undefined : current.current[event.key]);
      if (action) {
        event.preventDefault();
        prefix = '';
        action();
      }
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}

// Once, in the frame of the page: remembers the first key of two.
export function usePrefix(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLElement &&
          event.target.closest('input, textarea, select, dialog')) {
        return;
      }
      const now = Date.now();
      if (event.key === 'g' && !event.ctrlKey && !event.metaKey && !event.altKey) {
        prefix = 'g';
        prefixAt = now;
      } else if (event.key !== 'Shift') {
        // After all handlers of this key have seen the prefix.
        window.setTimeout(() => {
          if (prefixAt <= now) prefix = '';
        }, 0);
      }
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
