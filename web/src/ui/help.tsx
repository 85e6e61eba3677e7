import {useEffect, useRef} from 'preact/hooks';
import {text} from '../text/messages';

const kKeys: [string, string][] = [
  ['/', 'search'],
  ['j, k', 'next, previous row'],
  ['Enter', 'open the row'],
  ['g r', 'releases'],
  ['g h', 'history'],
  ['g t, g a, g p', 'targets, audit, plan'],
  ['p', 'pause or resume (asks first)'],
  ['c', 'continue (asks first)'],
  ['Shift+A', 'abort (asks first)'],
  ['[, ]', 'previous, next metric'],
  ['+, -, 0', 'in a chart: closer, back, all'],
  ['t', 'light, dark, as the system'],
  ['?', 'this help'],
];

export function KeyHelp({onClose}: {onClose: () => void}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();  // while it stands, nothing behind it takes the focus
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="keys-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}>
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {kKeys.map(([key, what]) => (
          <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>
        ))}
      </dl>
      <p class="dim">They can be switched off under Settings.</p>
      <div class="buttons">
        <button type="button" onClick={onClose}>{text.close}</button>
      </div>
    </dialog>
  );
}
