// One rollout of those that are configured. Where they can't be read it says so, and offers none.
import type {Page, Rollout} from '../api/types';
import {useLoad} from '../ui/loading';

interface Props {
  label: string;
  value: string;  // "": none
  set: (name: string) => void;
  none: string;  // what no rollout means
}

export function ChooseRollout({label, value, set, none}: Props) {
  const rollouts = useLoad<Page<Rollout>>('rollouts?limit=200');
  return (
    <label>{label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>
        <option value="">{none}</option>
        {rollouts.data?.items.map(({name}) => <option key={name} value={name}>{name}</option>)}
      </select>
      {rollouts.problem && (
        <span class="small-text mark bad">Rollouts can’t be read: {rollouts.problem.title}.{' '}
          <button type="button" class="small" onClick={rollouts.reload}>Try again</button></span>
      )}
    </label>
  );
}
