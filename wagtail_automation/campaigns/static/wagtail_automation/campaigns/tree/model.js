/* The campaign tree as pure functions over a flat list. No DOM; runs in Node for tests.
 * step = {id, type, value: {parent, branch, name, config}}; order in the list = order in a branch. */
(function (root) {
  'use strict';

  const place = (s) => [s.value.parent || '', s.value.branch || ''];
  const at = (s, parent, branch) => place(s)[0] === parent && place(s)[1] === branch;
  const moved = (s, parent, branch) => ({ ...s, value: { ...s.value, parent, branch } });

  const seq = (steps, parent, branch) => steps.filter((s) => at(s, parent, branch));
  const get = (steps, id) => steps.find((s) => s.id === id);

  function subtree(steps, id) {
    const below = new Map();
    for (const s of steps) {
      const parent = place(s)[0];
      if (!below.has(parent)) below.set(parent, []);
      below.get(parent).push(s.id);
    }
    const ids = new Set([id]);
    const waiting = [id];
    while (waiting.length) {
      for (const child of below.get(waiting.pop()) || []) {
        if (!ids.has(child)) { ids.add(child); waiting.push(child); }
      }
    }
    return steps.filter((s) => ids.has(s.id));
  }

  /* Insert a block of steps whose first is the root. `firstBranch` (a decision's) adopts what followed. */
  function insert(steps, parent, branch, index, block, firstBranch) {
    const after = seq(steps, parent, branch).slice(index);
    const head = moved(block[0], parent, branch);
    const rest = block.slice(1);
    let out = steps;
    if (firstBranch && after.length) {
      const ids = new Set(after.map((s) => s.id));
      out = steps.map((s) => (ids.has(s.id) ? moved(s, head.id, firstBranch) : s));
    }
    const pos = after.length ? out.findIndex((s) => s.id === after[0].id) : out.length;
    return [...out.slice(0, pos), head, ...rest, ...out.slice(pos)];
  }

  /* Remove a step with all below it; or lift one branch into its place. */
  function remove(steps, id, keepBranch) {
    const [parent, branch] = place(get(steps, id));
    const keep = keepBranch === undefined ? [] : seq(steps, id, keepBranch).map((s) => moved(s, parent, branch));
    const keepIds = new Set();
    keep.forEach((s) => subtree(steps, s.id).forEach((d) => keepIds.add(d.id)));
    const gone = new Set(subtree(steps, id).filter((s) => !keepIds.has(s.id)).map((s) => s.id));
    const lifted = new Set(keep.map((s) => s.id));
    const pos = steps.findIndex((s) => s.id === id);
    const stays = (s) => !gone.has(s.id) && !lifted.has(s.id);
    return [...steps.slice(0, pos).filter(stays), ...keep, ...steps.slice(pos).filter(stays)];
  }

  function move(steps, id, parent, branch, index) {
    const block = subtree(steps, id);
    if (block.some((s) => s.id === parent)) return steps; // not into itself
    const anchor = seq(steps, parent, branch).slice(index).find((s) => s.id !== id);
    const without = steps.filter((s) => !block.includes(s));
    const target = seq(without, parent, branch);
    const idx = anchor ? target.findIndex((s) => s.id === anchor.id) : target.length;
    const first = block.find((s) => s.id === id);
    return insert(without, parent, branch, idx, [first, ...block.filter((s) => s !== first)]);
  }

  /* New ids everywhere, also in parents and in the fields that refer to steps. */
  function clone(block, newId, refsOf) {
    const map = new Map(block.map((s) => [s.id, newId()]));
    return block.map((s) => {
      const config = { ...s.value.config };
      for (const f of refsOf(s.type)) if (map.has(config[f])) config[f] = map.get(config[f]);
      return { ...s, id: map.get(s.id), value: { ...s.value, parent: map.get(s.value.parent) || s.value.parent, config } };
    });
  }

  /* Depth-first order: saved JSON reads in the order people walk it, so revisions compare well. */
  function canonical(steps, branchesOf) {
    const below = new Map();
    for (const s of steps) {
      const key = place(s).join('|');
      if (!below.has(key)) below.set(key, []);
      below.get(key).push(s);
    }
    const out = [], seen = new Set();
    const walk = (parent, branch) => (below.get(`${parent}|${branch}`) || []).forEach((s) => {
      if (seen.has(s.id)) return;
      seen.add(s.id); out.push(s);
      branchesOf(s).forEach((b) => walk(s.id, b.key));
    });
    walk('', 'start'); walk('', 'main');
    return [...out, ...steps.filter((s) => !seen.has(s.id))];
  }

  /* Branches of a step whose type is not installed, read off the steps below it. */
  function impliedBranches(steps, id) {
    const keys = new Set(steps.filter((s) => s.value.parent === id).map((s) => s.value.branch));
    return [...keys].map((key) => ({ key, label: key, tone: 'grey' }));
  }

  /* What a decision with this rule may wait for: 'something', 'nothing', or 'negative' (true of people to
   * whom nothing happened). `facts`: {condition: {waitable, negative}}; an unfinished rule may become anything. */
  function waitingFor(text, facts) {
    let rule;
    try { rule = JSON.parse(text || '{}'); } catch { return 'something'; }
    const groups = [[rule.match, rule.items || []], ...(rule.items || []).filter((x) => x.type === 'group').map((x) => [x.value?.match, x.value?.items || []])];
    const asked = groups.flatMap(([, items]) => items).filter((x) => x.type !== 'group').map((x) => facts[x.type]);
    if (!asked.length || asked.includes(undefined)) return 'something';
    if (groups.some(([match, items]) => match === 'none' && items.length) || asked.some((x) => x.negative)) return 'negative';
    return asked.some((x) => x.waitable) ? 'something' : 'nothing';
  }

  /* Steps to fold so that at most `most` are drawn: the deepest level of branches at which that holds, at
   * least the first. A small tree is not folded. */
  function foldsFor(steps, branchesOf, most) {
    if (steps.length <= most) return [];
    const byId = new Map(steps.map((s) => [s.id, s]));
    const level = new Map();
    const levelOf = (s) => {
      const way = [];
      let at = s;
      while (at && !level.has(at.id) && !way.includes(at)) { way.push(at); at = byId.get(place(at)[0]); }
      let n = at && level.has(at.id) ? level.get(at.id) : -1;
      while (way.length) { n += 1; level.set(way.pop().id, n); }
      return level.get(s.id);
    };
    const count = [];
    for (const s of steps) { const n = levelOf(s); count[n] = (count[n] || 0) + 1; }
    let depth = 0;
    let shown = count[0] || 0;
    while (depth + 1 < count.length && shown + (count[depth + 1] || 0) <= most) { depth += 1; shown += count[depth] || 0; }
    const parents = new Set(steps.map((s) => place(s)[0]));
    return steps.filter((s) => level.get(s.id) >= depth && parents.has(s.id) && branchesOf(s).length).map((s) => s.id);
  }

  /* Ids of the steps above one, nearest first. */
  function above(steps, id) {
    const found = [];
    let s = get(steps, id);
    while (s) {
      const [parent] = place(s);
      s = found.includes(parent) || parent === id ? null : get(steps, parent);
      if (s) found.push(s.id);
    }
    return found;
  }

  /* Every place where a step (with all below it) could go: [parent, branch, index] in reading order. */
  function places(steps, id, branchesOf, endsAt) {
    const own = new Set(subtree(steps, id).map((s) => s.id));
    const root = get(steps, id);
    const out = [];
    const walk = (parent, branch) => {
      const list = seq(steps, parent, branch).filter((s) => !own.has(s.id));
      const last = list.length && endsAt(list[list.length - 1]) ? list.length - 1 : list.length;
      for (let i = 0; i <= last; i += 1) if (!endsAt(root) || i === list.length) out.push([parent, branch, i, list[i - 1]?.id || '']);
      list.forEach((s) => branchesOf(s).forEach((b) => walk(s.id, b.key)));
    };
    walk('', 'main');
    return out;
  }

  /* {step id: key of the words}: what nobody means although every step is in order. `sends`: which parameter of a
   * step type holds what it sends; `ends`: nobody goes on below a step. Names and identities of steps make no
   * difference. */
  function cautions(steps, branchesOf, sends, ends = (s) => branchesOf(s).length > 0) {
    const found = {};
    const lists = new Map();
    for (const s of steps) { const key = place(s).join('|'); (lists.get(key) || lists.set(key, []).get(key)).push(s); }
    for (const list of lists.values()) {
      list.forEach((s, i) => {
        const name = sends(s), before = list[i - 1];
        if (name && before?.type === s.type && s.value.config[name] && before.value.config[name] === s.value.config[name]) found[s.id] = 'sentTwice';
        if (before && ends(before)) found[s.id] = 'neverReached';
      });
    }
    const listsOf = (s) => branchesOf(s).map((b) => lists.get(`${s.id}|${b.key}`) || []);
    const alike = (a, b, depth) => depth < 50 && a.length === b.length && a.every((s, i) => {
      const other = b[i];
      if (s.type !== other.type || JSON.stringify(s.value.config) !== JSON.stringify(other.value.config)) return false;
      const below = listsOf(s), others = listsOf(other);
      return below.length === others.length && below.every((list, j) => alike(list, others[j], depth + 1));
    });
    for (const s of steps) {
      const [first, ...others] = listsOf(s);
      if (others.length && others.every((list) => alike(first, list, 0))) found[s.id] = first.length ? 'branchesAlike' : 'branchesEmpty';
    }
    return found;
  }

  const api = { seq, get, subtree, insert, remove, move, clone, canonical, place, impliedBranches, waitingFor, foldsFor, above, places, cautions };
  (root.waTree = root.waTree || {}).model = api;
  if (typeof module !== 'undefined') module.exports = api;
})(typeof window === 'undefined' ? globalThis : window);
