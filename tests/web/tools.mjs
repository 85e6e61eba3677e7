// The pages that work something out: plans, and rollouts that are written.
import {spawnSync} from 'node:child_process';
import {expect, focused, sees} from './check.mjs';

const written = (page) => page.locator('.written pre').innerText();

// Checked by serin itself, where the test knows it.
function linted(yaml) {
  const program = process.env.SERIN_PROGRAM;
  if (!program) return;
  const run = spawnSync(program, ['lint', '--strict', '-f', '-'], {input: yaml, encoding: 'utf8'});
  expect(run.status === 0, `${run.stdout}${run.stderr}\n${yaml.slice(0, 4000)}`);
}

export const tools = [
  {
    name: 'plans that differ in their versions alone are equal',
    run: async ({bundle}) => {
      const {differences} = await bundle('src/release/differences.ts');
      const plan = (version, more = {}) => ({version, stableVersion: '1.0', rollout: {spec: {
        image: `shop:${version}`, versions: {canary: version, stable: '1.0'}, limit: '11.0',
        query: `sum(x{version="${version}"}) / sum(x{version="1.0"})`, ...more}}});
      expect(differences(plan('2.4.0'), plan('2.5')).length === 0,
        JSON.stringify(differences(plan('2.4.0'), plan('2.5'))));
      const [one, ...rest] = differences(plan('2.4.0'), plan('2.5', {limit: '11.5'}));
      expect(rest.length === 0 && one.path === 'limit' && one.a === '11.0' && one.b === '11.5',
        JSON.stringify([one, ...rest]));
      const [added] = differences(plan('2.4.0'), plan('2.4.0', {hard: true}));
      const [step, ...more] = differences(plan('1.1', {steps: [{setWeight: 5}]}),
        plan('1.1', {steps: [{setWeight: 5}, {pause: {duration: '5m'}}]}));
      expect(more.length === 0 && step.path === 'steps[1]' && step.b === 'in the plan',
        JSON.stringify([step, ...more]));
      expect(added.path === 'hard' && added.a === '' && added.b === 'true', JSON.stringify(added));
    },
  },
  {
    name: 'a plan is tried out by the server',
    run: async ({page, open, shot}) => {
      await open('plan');
      await page.getByRole('button', {name: 'Try 200 releases'}).click();
      await sees(page, 'the whole plan finds 98');
      await sees(page, 'over a day');
      await sees(page, 'steps that would do');
      await sees(page, 'Of 100 as good as stable 91 are promoted');
      await shot('plan-tried');
    },
  },
  ...[
    {of: 'latency', change: async () => {}, see: 'Requests to a worse canary',
      body: {latency: 'p50=80ms,p99=400ms', effect: 'x1.3'}},
    {of: 'latency', see: 'Slow requests more',
      change: async (page) => page.getByLabel('Slower means').selectOption('more'),
      body: {latency: 'p50=80ms,p99=400ms', over: '300ms', effect: '+1pp'}},
    {of: 'mean', see: 'Requests to a worse canary',
      change: async (page) => page.getByLabel('Smallest rise to be found, %').fill('20'),
      body: {mean: 5, sd: 3, effect: '+20%'}},
  ].map(({of, change, see, body}) => ({
    name: `a plan is tried out for ${Object.keys(body).join(', ')}`,
    run: async ({page, server, open, shot}) => {
      await open(`plan?of=${of}`);
      await change(page);
      await page.getByLabel('Weights, %').fill('25, 50');
      await page.getByRole('button', {name: 'Try 200 releases'}).click();
      await sees(page, see);
      await shot(`plan-${of}-${body.effect.replace(/\W/g, '')}`);
      const {body: sent} = server.posted.pop();
      for (const [name, value] of Object.entries({...body, weights: [25, 50], risk: 0.01})) {
        expect(JSON.stringify(sent[name]) === JSON.stringify(value),
          `${name}: ${JSON.stringify(sent)}`);
      }
      const command = await page.locator('.copy code').last().innerText();
      expect(command.startsWith('serin plan --rps 200 --') && command.endsWith('25,50'), command);
      if (!process.env.SERIN_PROGRAM) return;
      const run = spawnSync(process.env.SERIN_PROGRAM, command.split(' ').slice(1),
        {encoding: 'utf8'});
      expect(run.status === 0, `${command}: ${run.stdout}${run.stderr}`);
    },
  })),
  {
    name: 'a plan of other figures is another plan',
    run: async ({page, server, open}) => {
      await open('plan');
      await page.getByRole('button', {name: 'Try 200 releases'}).click();
      await sees(page, 'the whole plan finds 98');
      await page.getByLabel('Worse is').selectOption('mean');
      await page.waitForURL(/of=mean/);
      await sees(page, '200 bad releases and 200 good ones are simulated');
      server.scene({fail: 503});
      await page.getByRole('button', {name: 'Try 200 releases'}).click();
      await sees(page, 'The store does not answer');
      server.posted.splice(0);
    },
  },
  {
    name: 'what the wizard writes passes serin lint',
    run: async ({page, open, shot}) => {
      await open('new');
      await page.getByLabel(/Latency against/).check();
      expect((await written(page)).includes('histogram:'), await written(page));
      linted(await written(page));
      await page.getByLabel('Who starts the new version').selectOption('systemd');
      await page.getByLabel('Instances of the canary').fill('3');
      await page.getByLabel('Who gets the new version first').selectOption('content');
      // Servers of one backend can't be told apart by content.
      expect((await written(page)).includes('matchMap: /etc/haproxy/match.map'),
        await written(page));
      await page.getByLabel('What splits the traffic').selectOption('nginx');
      const rule = (n) => page.getByRole('group', {name: `rule ${n}`});
      await page.getByRole('button', {name: 'Add a rule'}).click();
      await rule(2).getByLabel('What').selectOption('cookie');
      await rule(2).getByLabel('Name').fill('User');
      await rule(2).getByLabel('Value').fill('Internal');
      await page.getByRole('button', {name: 'Add a rule'}).click();
      await rule(3).getByLabel('What').selectOption('query');
      await rule(3).getByLabel('Name').fill('beta');
      await rule(3).getByLabel('How').selectOption('regex');
      await rule(3).getByLabel(/whole value/).fill('1|it\'s');
      await page.getByRole('button', {name: 'Add a rule'}).click();
      await rule(4).getByLabel('What').selectOption('operating system');
      await rule(4).getByLabel('macOS').check();
      await rule(4).getByLabel('iOS', {exact: true}).uncheck();
      await page.getByRole('button', {name: 'Add a rule'}).click();
      await rule(5).getByLabel('What').selectOption('browser');
      await rule(5).getByLabel('Internet Explorer').check();
      await rule(5).getByLabel('Chrome').uncheck();
      expect(await rule(5).getByLabel('Internet Explorer').isDisabled(),
        'the last browser can be taken away');
      await sees(page, 'an iPad that asks for desktop sites says it is a Mac');
      await page.getByLabel('They alone').fill('');
      await page.getByRole('button', {name: 'Remove step 1'}).click();
      await page.getByRole('group', {name: 'step 2'}).getByLabel('Watched').fill('7.5');
      await page.getByRole('button', {name: 'Add a step'}).click();
      await page.getByLabel('Series of').selectOption('traefik');
      await page.getByLabel('More matchers').fill('job="shop"');
      await page.getByLabel('At most, % of requests').fill('0.5');
      const yaml = await written(page);
      for (const part of ['instances: 3', 'nginx:', '- header: {key: X-Team, exact: qa}',
        '- cookie: {name: User, value: Internal}', "- query: {key: beta, regex: '1|it''s'}",
        '- os: [android, macos]', '- browser: [ie]',
        '- pause: {}\n      - setWeight: 25', 'setWeight: 50\n      - pause: {duration: 450s}',
        'setWeight: 100', "preset: {traefik: errors, where: 'job=\"shop\"'}",
        'slo: {max: 0.005}', 'versions: {label: service,']) {
        expect(yaml.includes(part), `no ${part} in\n${yaml}`);
      }
      linted(yaml);
      await page.getByRole('button', {name: 'Check', exact: true}).click();
      await sees(page, 'no errors, no warnings');
      await shot('wizard-content');
    },
  },
  {
    name: 'what can’t be is said beside it, and not put in force',
    run: async ({page, open, shot}) => {
      await open('new');
      const force = page.getByRole('button', {name: 'Put in force …'});
      const step = page.getByRole('group', {name: 'step 1'});
      const weight = step.getByLabel('Weight');
      await weight.fill('150');
      await sees(page, 'A weight is from 0 to 100: this step is left out of the file');
      await sees(page, 'Look again at step 1.');
      expect(await force.isDisabled(), 'it can be put in force');
      expect(await weight.getAttribute('aria-invalid') === 'true', 'it is not said to be wrong');
      const told = await weight.getAttribute('aria-describedby');
      expect(/A weight is/.test(await page.locator(`#${told}`).innerText()), 'not told why');
      expect(!(await written(page)).includes('150'), await written(page));
      await shot('wizard-wrong');
      await weight.fill('10');
      await step.getByLabel('Watched').fill('-3');
      await sees(page, 'Minutes are 0 or more');
      await step.getByLabel('Watched').fill('');
      await page.getByLabel('Name').first().fill('');
      await sees(page, 'Look again at the name.');
      await page.getByLabel('Name').first().fill('till');
      await sees(page, 'till.yaml');
      expect(!await force.isDisabled(), 'it can’t be put in force');
      expect((await written(page)).includes('setWeight: 10'), await written(page));
    },
  },
  ...[['istio', 'Istio'], ['gateway', 'Gateway API']].map(([router, called]) => ({
    name: `${called} is split by a program that applies what serin writes`,
    run: async ({page, open, shot}) => {
      await open('new');
      await page.getByLabel('What splits the traffic').selectOption({
        label: `${called}: a program of mine applies it`});
      await sees(page, `serin render ${router} -f checkout.yaml --weight`);
      await page.getByLabel('Program that sets it').fill('/opt/mesh/set {weight}');
      expect((await written(page)).includes("command:\n          set: [/opt/mesh/set, '{weight}']"),
        await written(page));
      linted(await written(page));
      await shot(`wizard-${router}`);
    },
  })),
  {
    name: 'blue-green is a strategy of its own in the wizard',
    run: async ({page, open, shot}) => {
      await open('new?type=blueGreen');
      await sees(page, 'Never do both versions have traffic');
      await page.getByLabel('Version to release first').fill('2.4.0');
      await page.getByLabel('Who starts the new version').selectOption('systemd');
      await page.getByLabel('All traffic goes over').selectOption('itself');
      await page.getByLabel('After, seconds').fill('90');
      await page.getByLabel(/Old version stays up/).fill('30');
      await page.getByLabel('Bad requests (a selector)').fill('http_errors_total{}');
      let yaml = await written(page);
      for (const part of ['strategy:\n    blueGreen:\n      trafficRouting:',
        'prePromotionAnalysis:', "web: {url: 'http://127.0.0.1:8011/health'}",
        'autoPromotionSeconds: 90', 'postPromotionAnalysis:', 'count: 30',
        'sum(http_errors_total{version="{{args.canary}}"})', 'scaleDownDelaySeconds: 1800']) {
        expect(yaml.includes(part), `no ${part} in\n${yaml}`);
      }
      expect(!/\n    canary:|setWeight|match:/.test(yaml), yaml);
      linted(yaml);
      await shot('wizard-blue-green');
      await page.getByLabel('All traffic goes over').selectOption('person');
      await page.getByLabel('Before it, the new version').selectOption('program');
      await page.getByLabel(/Watched after it/).fill('');
      await page.getByLabel('What splits the traffic').selectOption('webhook');
      await sees(page, 'serin render gateway');
      yaml = await written(page);
      for (const part of ['autoPromotionEnabled: false', 'job: {command: [/opt/checkout/smoke,',
        "webhook: {url: 'http://127.0.0.1:8070/routes/checkout'}"]) {
        expect(yaml.includes(part), `no ${part} in\n${yaml}`);
      }
      expect(!yaml.includes('postPromotion'), yaml);
      linted(yaml);
    },
  },
  {
    name: 'fresh instances of stable are for what is compared',
    run: async ({page, open, shot, bundle}) => {
      const {morePorts} = await bundle('src/wizard/answers.ts');
      expect(morePorts('8001, 8002', 4) === '8001, 8002, 8003, 8004', morePorts('8001, 8002', 4));
      expect(morePorts('8001,9000', 2) === '8001, 9000' && morePorts('', 2) === '', 'ports');
      await open('new');
      const fresh = page.getByLabel('Compare with fresh instances of stable');
      expect(await fresh.count() === 0, 'it is offered where serin starts nothing');
      await page.getByLabel('Who starts the new version').selectOption('process');
      await fresh.check();
      await sees(page, 'Either slot needs a port for each');
      await shot('wizard-fresh');
      await page.getByRole('button', {name: 'Add ports'}).click();
      const yaml = await written(page);
      expect(yaml.includes('baseline: fresh') && yaml.includes('[8011, 8012, 8013, 8014]'), yaml);
      linted(yaml);
      await page.getByLabel('Who gets the new version first').selectOption('content');
      expect(!(await written(page)).includes('baseline') && await fresh.count() === 0,
        'it is written though nothing is compared');
    },
  },
  {
    name: 'serin lint accepts every combination that the wizard writes',
    run: async ({bundle}) => {
      const {write} = await bundle('src/wizard/writing.ts');
      const {kAnswers, kPresets} = await bundle('src/wizard/answers.ts');
      const rules = [...['header', 'cookie', 'query'].flatMap((on) => ['exact', 'regex']
        .map((how) => ({on, how, key: 'X-Team', value: how === 'exact' ? 'no' : 'qa-.*'}))),
      {on: 'os', any: ['ios', 'android', 'windows', 'macos']},
      {on: 'browser', any: ['chrome', 'firefox', 'safari', 'edge', 'ie']}];
      const wanted = [{}];
      const times = (name, values) => wanted.splice(0).forEach((one) =>
        wanted.push(...values.map((value) => ({...one, [name]: value}))));
      times('policy', ['ratio', 'content']);
      times('router', ['haproxy', 'haproxyMap', 'nginx', 'command', 'webhook']);
      times('workload', ['none', 'systemd', 'command', 'process']);
      times('preset', ['', ...kPresets.map(({name}) => name)]);
      const canaries = wanted.splice(0);
      wanted.push({type: 'blueGreen'});
      times('router', ['haproxy', 'haproxyMap', 'nginx', 'command', 'webhook']);
      times('workload', ['none', 'systemd']);
      times('before', ['none', 'web', 'program']);
      times('switches', ['person', 'itself']);
      times('afterMinutes', ['', '5']);
      times('bad', ['errors', 'requests{}', 'requests{code=~"5.."}']);
      wanted.push(...canaries);
      const files = wanted.map((one, i) => write({...kAnswers, ...one, rules, name: `shop-${i}`,
        environment: i % 2 ? 'prod' : '', endpoint: i % 3 ? '' : 'https://shop.example',
        latency: i % 5 > 0, traffic: i % 3 > 0, fresh: i % 2 > 0,
        stablePorts: '8001, 8002, 8003, 8004', canaryPorts: '8011, 8012, 8013, 8014',
        where: i % 7 ? '' : 'job="shop"'}));
      expect(files.length === 760 && new Set(files).size === 760, `${files.length} files`);
      for (let i = 0; i < files.length; i += 60) linted(files.slice(i, i + 60).join('---\n'));
    },
  },
  {
    name: 'a new rollout is put in force once it is said what that changes',
    run: async ({page, server, open, shot}) => {
      await open('new');
      await page.getByLabel('Version to release first').fill('2.4.0');
      await page.getByLabel('Version that runs now').fill('2.3.0');
      await page.getByRole('button', {name: 'Put in force …'}).click();
      await sees(page, 'It is a new file. One other file stays as it is.', 'dialog');
      await sees(page, 'New or different: checkout', 'dialog');
      expect(await focused(page) === 'Cancel', 'the focus does not start on Cancel');
      expect(server.posted.length === 0, 'it was done before it was confirmed');
      await shot('dialog-force');
      await page.getByRole('button', {name: 'Put in force', exact: true}).click();
      await sees(page, 'checkout.yaml is in force');
      const [sent] = server.posted.splice(0);
      const names = sent.body.files.map((file) => file.name).join(' ');
      expect(names === 'cart.yaml checkout.yaml', names);
      expect(sent.body.files[1].text.includes('kind: Rollout'), sent.body.files[1].text);
      await page.getByRole('link', {name: 'Start the first release of checkout'}).click();
      await page.waitForURL(/rollouts\/checkout\/history\?version=2.4.0&stable=2.3.0$/);
    },
  },
];
