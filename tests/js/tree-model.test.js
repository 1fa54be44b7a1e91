/* The tree as pure functions: node --test tests/js/ */
const test = require('node:test');
const assert = require('node:assert');
const M = require('../../wagtail_automation/campaigns/static/wagtail_automation/campaigns/tree/model.js');

const st = (id, parent, branch, config = {}) => ({ id, type: 'x', value: { parent, branch, name: '', config } });
const ids = (steps) => steps.map((s) => s.id);
/* a, d(yes: y1; no: n1, n2) */
const base = [st('a', '', 'main'), st('d', '', 'main'), st('y1', 'd', 'yes'), st('n1', 'd', 'no'), st('n2', 'd', 'no')];
const branches = (s) => (s.id === 'd' || s.id === 'q' ? [{ key: 'yes' }, { key: 'no' }] : []);

test('a step is inserted between two', () => {
  assert.deepEqual(ids(M.seq(M.insert(base, 'd', 'no', 1, [st('z', '', '')]), 'd', 'no')), ['n1', 'z', 'n2']);
});
test('a decision in the middle adopts what followed', () => {
  const r = M.insert(base, '', 'main', 1, [st('q', '', '')], 'yes');
  assert.deepEqual(ids(M.seq(r, '', 'main')), ['a', 'q']);
  assert.deepEqual(ids(M.seq(r, 'q', 'yes')), ['d']);
  assert.deepEqual(ids(M.seq(r, 'd', 'no')), ['n1', 'n2']);
});
test('a block of steps is inserted whole', () => {
  const r = M.insert(base, '', 'main', 0, [st('p', 'old', 'b'), st('c', 'p', 'yes')]);
  assert.deepEqual(ids(M.seq(r, '', 'main')), ['p', 'a', 'd']);
  assert.deepEqual(ids(M.seq(r, 'p', 'yes')), ['c']);
});
test('removing a decision removes all below', () => assert.deepEqual(ids(M.remove(base, 'd')), ['a']));
test('removing a decision may lift one branch into its place', () => {
  const r = M.remove(base, 'd', 'no');
  assert.deepEqual(ids(M.seq(r, '', 'main')), ['a', 'n1', 'n2']);
  assert.equal(r.length, 3);
});
test('a step moves to another branch', () => {
  assert.deepEqual(ids(M.seq(M.move(base, 'a', 'd', 'yes', 0), 'd', 'yes')), ['a', 'y1']);
});
test('a step moves within its branch', () => {
  assert.deepEqual(ids(M.seq(M.move(base, 'n1', 'd', 'no', 2), 'd', 'no')), ['n2', 'n1']);
});
test('a step never moves below itself', () => assert.equal(M.move(base, 'd', 'd', 'yes', 0), base));
test('a copy has new ids, and its references follow', () => {
  let i = 0;
  const block = [st('p', '', 'main'), st('g', 'p', 'yes', { t: 'p', u: 'zz' })];
  const r = M.clone(block, () => `N${i++}`, () => ['t', 'u']);
  assert.deepEqual(r[1].value, { parent: 'N0', branch: 'yes', name: '', config: { t: 'N0', u: 'zz' } });
  assert.equal(block[1].value.config.t, 'p');
});
test('the order is the one in which people walk; lost steps come last', () => {
  const shuffled = [base[4], st('lost', 'gone', 'yes'), base[2], base[1], base[3], base[0], st('s', '', 'start')];
  assert.deepEqual(ids(M.canonical(shuffled, branches)), ['s', 'd', 'y1', 'n2', 'n1', 'a', 'lost']);
});
test('a circle of parents ends', () => {
  const circle = [st('x', 'y', 'yes'), st('y', 'x', 'yes')];
  assert.deepEqual(ids(M.subtree(circle, 'x')), ['x', 'y']);
  assert.deepEqual(ids(M.canonical(circle, () => [{ key: 'yes' }])), ['x', 'y']);
});
test('branches of an unknown step are read off the steps below', () => {
  assert.deepEqual(M.impliedBranches(base, 'd').map((b) => b.key), ['yes', 'no']);
});

/* f0(left: l0; right: f1(left: l1; right: f2(left: l2))) */
const deep = [st('f0', '', 'main'), st('l0', 'f0', 'left'), st('f1', 'f0', 'right'), st('l1', 'f1', 'left'), st('f2', 'f1', 'right'), st('l2', 'f2', 'left')];
const forks = (s) => (s.id.startsWith('f') ? [{ key: 'left' }, { key: 'right' }] : []);
test('a tree that can be looked over is not folded', () => assert.deepEqual(M.foldsFor(deep, forks, 6), []));
test('a large tree is folded at the deepest level that fits', () => {
  assert.deepEqual(M.foldsFor(deep, forks, 5), ['f2']);
  assert.deepEqual(M.foldsFor(deep, forks, 3), ['f1', 'f2']);
  assert.deepEqual(M.foldsFor(deep, forks, 2), ['f0', 'f1', 'f2']);
});
test('folding ends where parents go in a circle', () => {
  const circle = [st('x', 'y', 'left'), st('y', 'x', 'left'), st('z', '', 'main')];
  assert.ok(Array.isArray(M.foldsFor(circle, forks, 1)));
});
/* the same cases hold for what the server says when a campaign is published: tests/tree/test_shape.py */
for (const { name, steps, branches: keys, ends, told } of require('./cautions.json')) {
  test(`nobody means it, or it is fine: ${name}`, () => assert.deepEqual(M.cautions(
    steps, (s) => (keys[s.id] || []).map((key) => ({ key })), (s) => (s.type === 'send' ? 'email' : ''), (s) => ends.includes(s.id),
  ), told));
}
test('the steps above one, nearest first', () => {
  assert.deepEqual(M.above(deep, 'l2'), ['f2', 'f1', 'f0']);
  assert.deepEqual(M.above([st('x', 'y', 'yes'), st('y', 'x', 'yes')], 'x'), ['y']);
  assert.deepEqual(M.above(deep, 'gone'), []);
});
test('places where a step could go leave out itself and what ends a path', () => {
  const ends = (s) => s.id === 'd';
  assert.deepEqual(M.places(base, 'a', branches, ends), [
    ['', 'main', 0, ''], ['d', 'yes', 0, ''], ['d', 'yes', 1, 'y1'], ['d', 'no', 0, ''], ['d', 'no', 1, 'n1'], ['d', 'no', 2, 'n2'],
  ]);
  assert.deepEqual(M.places(base, 'd', branches, ends), [['', 'main', 1, 'a']]);
});

const facts = { clicked: { waitable: true, negative: false }, lives: { waitable: false, negative: false }, never: { waitable: false, negative: true } };
const rule = (match, ...items) => JSON.stringify({ match, items: items.map((x) => (typeof x === 'string' ? { type: x } : x)) });
const group = (match, ...items) => ({ type: 'group', value: { match, items: items.map((type) => ({ type })) } });
test('a decision waits only for what can still happen', () => {
  assert.equal(M.waitingFor(rule('all', 'clicked', 'lives'), facts), 'something');
  assert.equal(M.waitingFor(rule('any', 'lives', group('any', 'clicked')), facts), 'something');
  assert.equal(M.waitingFor(rule('all', 'lives'), facts), 'nothing');
  assert.equal(M.waitingFor(rule('all', group('all', 'lives')), facts), 'nothing');
});
test('nobody waits for what did not happen', () => {
  assert.equal(M.waitingFor(rule('none', 'clicked'), facts), 'negative');
  assert.equal(M.waitingFor(rule('all', 'clicked', group('none', 'lives')), facts), 'negative');
  assert.equal(M.waitingFor(rule('all', 'clicked', 'never'), facts), 'negative');
});
test('an unfinished, damaged or unknown question may become anything', () => {
  for (const text of ['', '{}', '{', rule('all'), rule('all', 'gone'), rule('all', group('none'))]) assert.equal(M.waitingFor(text, facts), 'something', text);
});
