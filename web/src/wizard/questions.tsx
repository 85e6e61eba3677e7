// What the wizard asks, by subject.
import {
  type Answers, hasRules, kPresets, mayBeFresh, morePorts, routerOf,
} from './answers';
import {Rules, Steps} from './rows';

// The names of answers that are texts.
type Text = {[K in keyof Answers]: Answers[K] extends string ? K : never}[keyof Answers];
type Flag = {[K in keyof Answers]: Answers[K] extends boolean ? K : never}[keyof Answers];

interface FieldsProps {
  answers: Answers;
  set: (part: Partial<Answers>) => void;
}

// Inputs for one answer each.
function fieldsOf({answers, set}: FieldsProps) {
  const text = (name: Text, label: string, hint = '') => (
    <label>{label}
      <input value={answers[name]} onInput={(event) =>
        set({[name]: event.currentTarget.value})} />
      {hint && <span class="dim small-text">{hint}</span>}
    </label>
  );
  const choice = (name: Text, label: string, options: [string, string, boolean?][]) => (
    <label class="wide">{label}
      <select value={answers[name]} onChange={(event) =>
        set({[name]: event.currentTarget.value})}>
        {options.map(([value, title, off]) => (
          <option key={value} value={value} disabled={off}>{title}</option>
        ))}
      </select>
    </label>
  );
  const flag = (name: Flag, label: string) => (
    <label class="check">
      <input type="checkbox" checked={answers[name]} onChange={(event) =>
        set({[name]: event.currentTarget.checked})} />
      {label}</label>
  );
  return {text, choice, flag};
}

export function Service(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  return (
    <fieldset>
      <legend>Service</legend>
      {text('name', 'Name', props.answers.name.trim() ? '' : 'needed')}
      {text('environment', 'Environment', 'for people; may be left out')}
      {text('endpoint', 'Address that clients use', 'for people; may be left out')}
      {choice('type', 'Kind', [['canary', 'canary: step by step'],
        ['blueGreen', 'blue-green: all at once after a test']])}
      {text('version', 'Version to release first', 'may be left out')}
      {props.answers.version && text('stableVersion', 'Version that runs now')}
    </fieldset>
  );
}

export function Instances(props: FieldsProps) {
  const {text, choice, flag} = fieldsOf(props);
  const {workload, instances, fresh, stablePorts, canaryPorts} = props.answers;
  const canBe = mayBeFresh(props.answers);
  const need = 2 * (Number(instances) || 1);
  const missing = canBe && fresh && workload === 'process' &&
    [stablePorts, canaryPorts].some((ports) => ports !== morePorts(ports, need));
  return (
    <fieldset>
      <legend>Instances</legend>
      {choice('workload', 'Who starts the new version', [
        ['none', 'I do, before each release'], ['systemd', 'serin, as units of systemd'],
        ['command', 'serin, by a program of mine'], ['process', 'serin, as its own processes']])}
      {workload !== 'none' && text('instances', 'Instances of the canary')}
      {workload === 'systemd' && text('unit', 'Unit', '{slot}, {instance}, {version}')}
      {workload === 'command' &&
        text('apply', 'Program', '{slot}, {version}, {instances}; no shell')}
      {workload === 'command' &&
        text('observe', 'Program that says what runs', '{slot}; it prints JSON')}
      {workload === 'process' &&
        text('start', 'Program', '{version}, {port}, {instance}; no shell')}
      {workload === 'process' && text('stablePorts', 'Ports of stable')}
      {workload === 'process' && text('canaryPorts', 'Ports of the canary')}
      {canBe && flag('fresh', 'Compare with fresh instances of stable')}
      {canBe && fresh && (
        <p class="dim">As many of stable are started with the canary’s, and it is compared with
          those alone. The router lists servers for them, and the metrics server scrapes them.
          {missing && ' Either slot needs a port for each of stable’s own instances and each of ' +
            'the canary’s. '}
          {missing && (
            <button type="button" class="small" onClick={() => props.set({
              stablePorts: morePorts(stablePorts, need),
              canaryPorts: morePorts(canaryPorts, need),
            })}>Add ports</button>
          )}
        </p>
      )}
    </fieldset>
  );
}

export function Routing(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const content = hasRules(props.answers);
  const router = routerOf(props.answers);
  const mesh = router === 'istio' || router === 'gateway';
  return (
    <fieldset>
      <legend>Router</legend>
      {choice('router', 'What splits the traffic', [
        ['haproxy', 'HAProxy: servers of one backend', content],
        ['haproxyMap', 'HAProxy: backends and a map'], ['nginx', 'nginx: two upstreams'],
        ['istio', 'Istio: a program of mine applies it'],
        ['gateway', 'Gateway API: a program of mine applies it'],
        ['command', 'any other, by a program of mine'],
        ['webhook', 'any other, by a web service of mine']])}
      {router === 'nginx' && (
        <>
          {text('file', 'File that serin writes', 'included by nginx.conf')}
          {text('stableUpstream', 'Stable upstream')}
          {text('canaryUpstream', 'Canary upstream')}
        </>
      )}
      {(router === 'haproxy' || router === 'haproxyMap') && text('socket', 'Admin socket')}
      {router === 'haproxy' && (
        <>
          {text('backend', 'Backend')}
          {text('stable', 'Stable servers', 'with commas')}
          {text('canary', 'Canary servers', 'in the file with weight 0, or disabled')}
        </>
      )}
      {router === 'haproxyMap' && (
        <>
          {text('map', 'Map of shares')}
          {content && text('matchMap', 'Map of rules')}
          {text('stableBackend', 'Stable backend')}
          {text('canaryBackend', 'Canary backend')}
        </>
      )}
      {(mesh || router === 'command') && (
        <>
          {text('setProgram', 'Program that sets it', '{weight}, {place}; no shell')}
          {text('getProgram', 'Program that says what holds', 'it prints JSON')}
        </>
      )}
      {router === 'webhook' && text('url', 'Address', 'PUT sets, GET says what holds')}
      {mesh && (
        <p class="dim">serin does not talk to a cluster itself. Let the first apply what{' '}
          <code>serin render {router} -f {props.answers.name || 'rollout'}.yaml --weight WEIGHT
            {router === 'istio' && ' --stable VERSION --version VERSION'}</code>
          {' '}writes{content && ', rules included'}; the second tells what the cluster has.</p>
      )}
      {router === 'webhook' && (
        <p class="dim">For Istio and the Gateway API too: serin does not talk to a cluster itself.
          Let yours apply what <code>serin render istio</code> or <code>serin render gateway</code>
          {' '}writes{content && ', rules included'}.</p>
      )}
    </fieldset>
  );
}

export function Policy(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const {answers, set} = props;
  return (
    <fieldset>
      <legend>Traffic</legend>
      {choice('policy', 'Who gets the new version first', [
        ['ratio', 'a share of all requests'], ['content', 'requests with a certain content']])}
      {hasRules(answers) && (
        <>
          <Rules rules={answers.rules} set={(rules) => set({rules})} />
          <p class="dim">One rule suffices for a request to go to the canary. Those who are chosen
            differ from all others, so nothing is compared with stable: metrics are held against
            targets.{answers.rules.some(({on}) => on === 'os' || on === 'browser') && ' Systems ' +
              'and browsers are told from User-Agent, which clients write as they like: an iPad ' +
              'that asks for desktop sites says it is a Mac.'}</p>
          {text('ruleMinutes', 'They alone, minutes', 'left empty: until a person continues')}
        </>
      )}
      <Steps steps={answers.steps} set={(steps) => set({steps})} />
      <p class="dim">No minutes: until a person continues.</p>
    </fieldset>
  );
}

// The new version is up without traffic, is looked at, and then takes all of it.
export function Blue(props: FieldsProps) {
  const {text, choice} = fieldsOf(props);
  const {answers} = props;
  return (
    <fieldset>
      <legend>The switch</legend>
      {choice('before', 'Before it, the new version', [
        ['web', 'must answer at an address'], ['program', 'must pass a program of mine'],
        ['none', 'is not tried by serin']])}
      {answers.before === 'web' && text('beforeUrl', 'Address', 'of the new version alone')}
      {answers.before === 'web' && text('beforeCondition', 'Its answer must be',
        'left empty: any with a status of 200 to 299')}
      {answers.before === 'program' &&
        text('beforeProgram', 'Program', 'status 0 is a pass; no shell')}
      {choice('switches', 'All traffic goes over', [
        ['person', 'when a person continues'], ['itself', 'by itself, after a while']])}
      {answers.switches === 'itself' && text('switchSeconds', 'After, seconds')}
      {text('afterMinutes', 'Watched after it, minutes', 'left empty: not watched')}
      {text('warmMinutes', 'Old version stays up, minutes', 'to go back at once')}
      <p class="dim">Never do both versions have traffic, so nothing is compared: rules judge. A
        failure before the switch ends the release, one after it switches back at once.</p>
    </fieldset>
  );
}

export function Metrics(props: FieldsProps) {
  if (props.answers.type === 'blueGreen') return <ErrorRule {...props} />;
  const {text, choice, flag} = fieldsOf(props);
  const {answers} = props;
  const content = hasRules(answers);
  const own = answers.preset === '';
  const labelled = kPresets.find(({name}) => name === answers.preset)?.label;
  return (
    <fieldset>
      <legend>Metrics</legend>
      {text('prometheus', 'Prometheus')}
      {choice('preset', 'Series of', [['', 'my own: by selectors'],
        ...kPresets.map(({name}): [string, string] => [name, name])])}
      {!own && text('where', 'More matchers', 'such as namespace="prod"; may be left out')}
      {labelled && text('canaryLabel', `The canary’s ${labelled}`)}
      {labelled && text('stableLabel', `Stable’s ${labelled}`)}
      {flag('errors', content ? 'Errors of the canary' : 'Errors of the canary against stable’s')}
      {own && (answers.errors || (answers.traffic && !content)) &&
        text('total', 'Requests (a counter)')}
      {own && answers.errors && text('bad', 'Bad requests (a selector)')}
      {content && answers.errors && text('errorsMax', 'At most, % of requests')}
      {flag('latency', content ? 'Latency of the canary' : 'Latency against stable’s')}
      {own && answers.latency && text('histogram', 'Histogram', 'without _bucket; in seconds')}
      {content && answers.latency && text('latencyMax', '99 % of requests take at most, ms')}
      {!content && flag('traffic', 'Requests an instance, against stable’s')}
    </fieldset>
  );
}

function ErrorRule(props: FieldsProps) {
  const {text, flag} = fieldsOf(props);
  return (
    <fieldset>
      <legend>After the switch</legend>
      {flag('errors', 'Errors of the new version')}
      {props.answers.errors && (
        <>
          {text('prometheus', 'Prometheus')}
          {text('total', 'Requests (a counter)')}
          {text('bad', 'Bad requests (a selector)')}
          {text('versionLabel', 'Label that holds the version')}
          {text('errorsMax', 'At most, % of requests')}
        </>
      )}
    </fieldset>
  );
}
