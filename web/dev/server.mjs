// A server with made-up releases for working on the dashboard: node dev/server.mjs [PORT]
//
// It answers as docs/api/openapi.json says. Tests change what it does:
//   const server = await start({dist, port: 0});
//   server.scene({fail: 503});  server.cut(true);  server.close();
import {createServer} from 'node:http';
import {readFile} from 'node:fs/promises';
import {dirname, extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {targets, tested, tokens} from './targets.mjs';
import * as world from './world.mjs';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const kTypes = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8', '.txt': 'text/plain; charset=utf-8'};
const kPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";
const kTickMs = 1000;

export async function start({dist = join(web, 'dist'), port = 0} = {}) {
  let docs = world.makeWorld();
  let scene = {};
  let cut = false;
  let frozen = false;
  let sequence = 0;
  const log = [];
  const streams = new Set();
  const sockets = new Set();
  const keys = new Map();
  const posted = [];

  const emit = (type, id, data) => {
    const event = {n: ++sequence, id, text: `id: ${sequence}\nevent: ${type}\n` +
      `data: ${JSON.stringify(data)}\n\n`};
    log.push(event);
    if (log.length > 1000) log.shift();
    if (cut || frozen) return;
    for (const stream of streams) {
      if (stream.only.length === 0 || stream.only.includes(id)) stream.response.write(event.text);
    }
  };
  const update = (doc) => emit('release.updated', doc.id, doc);
  // The running release's counts grow, so that there is something to see.
  const tick = setInterval(() => {
    const doc = docs.get('checkout-42');
    if (!doc || doc.end || scene.still) return;
    for (const metric of doc.report?.metrics ?? []) {
      for (const [side, share] of [['canary', 0.25], ['stable', 0.75]]) {
        metric[side].exposure += 400 * share;
        metric[side].events = Math.round(metric[side].exposure * metric[side].value);
      }
      metric.polls += 1;
    }
    world.counted(doc);
    doc.weight.observed_at = new Date().toISOString();
    emit('metrics', doc.id, {release: doc.id, report: doc.report});
  }, kTickMs);

  const send = (response, status, body, more = {}) => {
    const problem = status >= 400;
    response.writeHead(status, {
      'Content-Type': problem ? 'application/problem+json' : 'application/json', ...more});
    response.end(body === undefined ? '' : JSON.stringify(body));
  };
  const problem = (response, status, title, detail, more = {}) => send(response, status,
    {type: 'https://serin.dev/problems/x', title, status, detail, requestId: 'r-4711', ...more});
  const role = () => scene.role ?? 'operator';

  const operate = (response, doc, operation, body) => {
    posted.push({release: doc.id, operation, body});
    if (role() === 'viewer') {
      return problem(response, 403, 'Not permitted', `${operation} needs the role operator.`);
    }
    if (scene.conflict || !doc.allowed.includes(operation)) {
      return problem(response, 409, 'Action not allowed',
        `${operation} is not possible: already at step 4, promoted by ana 3 s ago`,
        {allowedActions: doc.allowed});
    }
    if (operation === 'abort' || operation === 'rollback') {
      Object.assign(doc, {status: 'Terminated', allowed: ['rollback', 'undo', 'retry'], next: null,
        end: new Date().toISOString(), sentence: `aborted by ana${body.reason
          ? `: ${body.reason}` : ''}`, cause: operation});
      doc.weight = {...doc.weight, set: 0, observed: 0, confirmed: true};
    } else if (operation === 'pause') {
      Object.assign(doc, {status: 'Paused', reason: 'Manual', sentence: 'paused by ana',
        allowed: ['continue', 'promoteFully', 'resume', 'abort', 'rollback'], next: null});
    } else if (operation === 'resume') {
      Object.assign(doc, {status: 'Progressing', reason: '', sentence: '',
        allowed: ['continue', 'promoteFully', 'pause', 'abort', 'rollback']});
    }
    update(doc);
    return send(response, 202, {message: `${doc.id}: done`, repeated: false, opened: '',
      release: doc});
  };

  const stream = (request, response, only) => {
    response.writeHead(200, {'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store'});
    response.write('retry: 2000\n\n');
    const last = Number(request.headers['last-event-id'] ?? 0);
    for (const event of log) {
      if (last > 0 && event.n > last && (only.length === 0 || only.includes(event.id))) {
        response.write(event.text);
      }
    }
    const entry = {response, only};
    streams.add(entry);
    response.on('close', () => streams.delete(entry));
  };

  const api = async (request, response, url, body) => {
    const path = url.pathname.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    const [what, id, part, name] = path;
    if (what === 'events') {
      return stream(request, response, (url.searchParams.get('releases') ?? '').split(',')
        .filter((x) => x));
    }
    if (scene.slow) await new Promise((resolve) => setTimeout(resolve, scene.slow));
    if (scene.fail) {
      return problem(response, scene.fail, 'The store does not answer',
        'Reading the journal failed: disk I/O error. Nothing advances until it works again.');
    }
    if (what === 'whoami') {
      return send(response, 200, {actor: `user:${role() === 'viewer' ? 'guest' : 'ana'}`,
        role: role(), override: false});
    }
    const all = [...docs.values()];
    if (what === 'releases' && !id) {
      const carts = all.filter((doc) => doc.rollout === 'cart');
      return send(response, 200, {items: [...all.map(world.summary),
        ...(scene.old ? [world.old()] : []),
        ...carts.flatMap((doc) => world.history(doc).slice(1))], next: null});
    }
    if (what === 'rollouts' && !id) {
      return send(response, 200, {items: all.map(world.rollout), next: null});
    }
    if (what === 'rollouts') {
      const doc = all.find((d) => d.rollout === id);
      if (!doc) return problem(response, 404, 'No such rollout', `There is no rollout ${id}.`);
      if (part === 'releases' && request.method === 'POST') {
        return send(response, 201, doc);
      }
      return part === 'releases' ? send(response, 200, {items: world.history(doc), next: null})
        : send(response, 200, world.rollout(doc));
    }
    if (what === 'releases') {
      const doc = docs.get(id) ?? world.earlier(docs, id);
      if (!doc) return problem(response, 404, 'No such release', `There is no release ${id}.`);
      if (part === undefined) return send(response, 200, doc);
      if (part === 'decisions' || part === 'events') {
        return send(response, 200, {items: world.decisions(doc), next: null});
      }
      if (part === 'metrics' && path[4] === 'query') {
        const asked = scene.noQuery ? null : world.asked(name);
        return asked ? send(response, 200, asked)
          : problem(response, 404, 'Not found', `no query is asked for '${name}'`);
      }
      if (part === 'metrics') {
        const items = scene.noSamples ? [] : world.samples(doc, name);
        // As if serin had been down for half of the time.
        const [from, to] = scene.hole ? [items.length / 4, 3 * items.length / 4] : [0, 0];
        return send(response, 200, {metric: name, items: items.filter((_, i) =>
          i < from || i >= to)});
      }
      if (part === 'report') {
        const accepts = request.headers.accept ?? '';
        if (/^text\//.test(accepts)) {
          response.writeHead(200, {'Content-Type': accepts});
          return response.end(`Release ${doc.id}: ${doc.status}\n`);
        }
        return send(response, 200, {serin: '0.1.0', release: doc, events: [], note: '',
          plan: scene.noPlan ? null : world.plan(doc),
          samples: scene.noSamples ? {} : Object.fromEntries((doc.report?.metrics ?? [])
            .map((metric) => [metric.name, world.samples(doc, metric.name)]))});
      }
      if (part === 'traffic' && url.searchParams.get('format')) {
        if (scene.noText) {
          return problem(response, 409, 'Not possible', 'Istio takes whole per cent only.');
        }
        response.writeHead(200, {'Content-Type': 'text/plain; charset=utf-8'});
        return response.end(world.routerText(doc, url.searchParams.get('format')));
      }
      if (part === 'traffic') {
        return send(response, 200, {release: id, weight: doc.weight, router: 'haproxy',
          stable: 'be/stable1, be/stable2', canary: 'be/canary1, be/canary2'});
      }
      if (part === 'operations') {
        const key = request.headers['idempotency-key'];
        if (key && keys.has(key)) return send(response, 202, keys.get(key));
        return operate(response, doc, name, body);
      }
    }
    if (what === 'replays') {
      if (body.rollout === 'mail') {
        return problem(response, 422, 'Not possible', 'no series of the canary in the recording');
      }
      return send(response, 200, world.replayed(body));
    }
    if (what === 'plans') {
      posted.push({operation: 'plan', body});
      return send(response, 200, world.planned(body));
    }
    if (what === 'targets' && part === 'test') {
      posted.push({operation: 'test', target: id});
      const answer = tested(id, world.asked);
      return answer ? send(response, 200, answer)
        : problem(response, 404, 'Not found', `there is no target '${id}'`);
    }
    if (what === 'targets') {
      return send(response, 200, {items: scene.empty ? [] : targets()});
    }
    if (what === 'audit') {
      if (role() !== 'admin') {
        return problem(response, 403, 'Not permitted', 'The audit log needs the role admin.');
      }
      const {actor, subject, since} = Object.fromEntries(url.searchParams);
      const page = url.searchParams.get('cursor') ? 1 : 0;
      const items = scene.empty ? [] : world.audit.filter((entry) =>
        (!actor || entry.actor === actor) && (!subject || entry.subject === subject) &&
        (!since || entry.time >= since));
      return send(response, 200, {items: page ? items.slice(4) : items.slice(0, 4),
        next: !page && items.length > 4 ? 'older' : null});
    }
    if (what === 'tokens') return send(response, 200, {items: scene.empty ? [] : tokens});
    if (what === 'happenings') {
      const doc = docs.get(url.searchParams.get('release'));
      return send(response, 200, {items: doc?.status === 'Paused' ? [world.paused(doc)] : [],
        next: null});
    }
    if (what === 'configuration') {
      return send(response, 200, {revision: '5d41402a', files: [{name: 'cart.yaml', text: '{}'}],
        diagnostics: {errors: 0, warnings: 0, diagnostics: []}});
    }
    if (what === 'apply') {
      const dryRun = url.searchParams.get('dryRun') === 'true';
      if (request.headers['if-match'] !== '"5d41402a"') {
        return problem(response, 412, 'Changed meanwhile', 'Read it again.');
      }
      if (!dryRun) posted.push({operation: 'apply', body});
      return send(response, 200, {revision: '7b52009b', dryRun, changed: ['checkout'],
        diagnostics: {errors: 0, warnings: 0, diagnostics: []}});
    }
    if (what === 'lint') {
      const wrong = {file: 'rollout.yaml', line: 3, column: 18, level: 'error', code: 'E005',
        pointer: '/metadata/name', message: 'the name is empty', hint: 'give it one'};
      return send(response, 200, {errors: scene.lintErrors ? 1 : 0, warnings: 0,
        diagnostics: scene.lintErrors ? [wrong] : []});
    }
    return problem(response, 404, 'No such path', url.pathname);
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const text = Buffer.concat(chunks).toString();
      const isUi = url.pathname.startsWith('/ui');
      if (cut && !isUi) return request.socket.destroy();
      if (frozen && !isUi) return undefined;
      if (url.pathname === '/healthz') return response.end('ok\n');
      if (url.pathname === '/version') return send(response, 200, {version: '0.1.0'});
      if (isUi) {
        const path = url.pathname.slice(4);
        const file = path.includes('/') || !path.includes('.') ? 'index.html' : path;
        try {
          const content = await readFile(join(dist, file));
          response.writeHead(200, {'Content-Type': kTypes[extname(file)],
            'Content-Security-Policy': kPolicy, 'X-Content-Type-Options': 'nosniff'});
          return response.end(content);
        } catch {
          return problem(response, 404, 'No such file', file);
        }
      }
      if (url.pathname === '/') {
        response.writeHead(302, {Location: '/ui/'});
        return response.end();
      }
      let body = {};
      try {
        body = text && request.headers['content-type'] === 'application/json' ? JSON.parse(text)
          : {};
      } catch {
        return problem(response, 400, 'No JSON', 'The body is no JSON.');
      }
      return api(request, response, url, body);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    posted,
    // {fail, slow, role, empty, many, long, still, conflict, noSamples, hole, old, noQuery, noPlan,
    //  noText, lintErrors, restarted}
    scene(next) {
      scene = next;
      docs = next.empty ? new Map() : next.many ? world.many(next.many)
        : next.long ? world.long() : world.makeWorld();
    },
    docs: () => docs,
    update,
    // The connection breaks, as when the server dies; events go on being numbered.
    cut(on) {
      cut = on;
      if (on) for (const socket of sockets) socket.destroy();
    },
    // The connection stands but nothing comes, as behind a broken link.
    freeze(on) {
      frozen = on;
      if (!on) for (const socket of sockets) socket.destroy();
    },
    streams: () => streams.size,
    close() {
      clearInterval(tick);
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start({port: Number(process.argv[2] ?? 8480)});
  console.log(`dashboard with made-up releases: ${server.url}/ui/`);
}
