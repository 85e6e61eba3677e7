// One rollout of those that are configured. Where they can't be read it says so, and offers none.
import type {Page, Rollout} from '../api/types';
import {useLoad} from '../ui/loading';

interface Props {
  label: string;
  value: string;  // "": none
  set: (name: string) => void;
  none: string;  // what no rollout means
  more?: [string, string] | undefined;  // a value that is no rollout's name, and what it is called
}

export function ChooseRollout({label, value, set, none, more}: Props) {
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200');
  return (
    <label>{label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{none}</option>
        {more && <option value={more[0]}>{more[1]}</option>}
        {rollouts.data?.items.map(({name}) => <option key={name} value={name}>{name}</option>)}
      </select>
      {rollouts.problem && (
        <span class="small-text mark bad">Rollouts can’t be read: {rollouts.problem.title}.{' '}
          <button type="button" class="small" onClick={rollouts.reload}>Try again</button></span>
      )}
    </label>
  );
}
