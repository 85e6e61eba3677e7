// A button that opens a list of things to do. Arrow keys move, Escape closes, and whatever closes
// it gives the focus back. It floats over the page, so that no frame that scrolls cuts it off.
import type {ComponentChildren} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';

export interface MenuItem {
  title: string;
  kind?: string;  // a class: "danger-quiet"
  act: () => void;
}

const kGap = 4;  // pixels between the button and what it opens

export function Menu({label, items, note}: {
  label: string; items: MenuItem[]; note?: ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const close = (back: boolean) => {
    setOpen(false);
    if (back) button.current?.focus();
  };
  useEffect(() => {
    if (!open || !button.current || !list.current) return undefined;
    const {bottom, top, right} = button.current.getBoundingClientRect();
    const {offsetWidth, offsetHeight, style} = list.current;
    const under = bottom + kGap + offsetHeight <= innerHeight;
    style.top = `${Math.max(kGap, under ? bottom + kGap : top - kGap - offsetHeight)}px`;
    style.left = `${Math.max(kGap, right - offsetWidth)}px`;
    list.current.querySelector('button')?.focus({preventScroll: true});
    const away = (event: Event) => {
      const inside = event.target instanceof Node && (list.current?.contains(event.target) ||
        button.current?.contains(event.target));
      if (!inside) setOpen(false);
    };
    const moved = () => {
      const at = button.current?.getBoundingClientRect();
      if (Math.abs((at?.top ?? 0) - top) + Math.abs((at?.right ?? 0) - right) > 1) setOpen(false);
    };
    document.addEventListener('pointerdown', away);
    document.addEventListener('focusin', away);
    window.addEventListener('scroll', moved, true);
    window.addEventListener('resize', moved);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('focusin', away);
      window.removeEventListener('scroll', moved, true);
      window.removeEventListener('resize', moved);
    };
  }, [open]);
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();  // the page's own keys rest
    const all = [...list.current?.querySelectorAll('button') ?? []];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const next = {ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0,
      End: all.length - 1}[event.key];
    if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else if (next !== undefined && all.length > 0) all[next % all.length]?.focus();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
  };
  return (
    <span class="menu">
      <button ref={button} type="button" class="small" aria-label={label} aria-haspopup="menu"
        aria-expanded={open} onClick={() => setOpen(!open)}>⋯</button>
      {open && (
        <div ref={list} class="menu-list" onKeyDown={press}>
          <div role="menu" aria-label={label}>
            {items.map(({title, kind, act}) => (
              <button key={title} type="button" role="menuitem" tabIndex={-1} class={kind ?? ''}
                onClick={() => {
                  close(true);
                  act();
                }}>{title}</button>
            ))}
          </div>
          {note && <p class="dim small-text">{note}</p>}
        </div>
      )}
    </span>
  );
}
