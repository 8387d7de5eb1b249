import { describe, expect, it } from 'vitest';
import { Graph } from '../graph';
import { accept, complete } from './complete';
import { faultOf, offsetOf } from './fault';
import type { Field } from './values';

const field = (name: string, unit: string, aliases: string[] = [], hidden = false): Field => ({
  name,
  label: name,
  unit,
  aliases,
  description: '',
  hidden,
});
const fields = new Map(
  [
    field('name', 'text'),
    field('state', 'text', ['status']),
    field('cpu_pct', 'percent_of_core', ['cpu']),
    field('mem_bytes', 'bytes', ['mem']),
    field('compose_project', 'text', ['project']),
    field('agent', 'text', ['host'], true),
    field('labels', 'map', ['label'], true),
  ].map((one) => [one.name, one]),
);

const graph = new Graph();
graph.apply({
  type: 'change',
  seq: 1,
  at: '',
  nodes: {
    n: [0, 1, 2],
    id: ['a', 'b', 'c'],
    kind: ['container', 'container', 'container'],
    name: ['shop-web-1', 'shop-db-1', '<img src=x> "q"'],
    role: ['member', 'member', 'member'],
    facts: [
      { agents: ['host-a'], attrs: { state: 'running', compose_project: 'shop', labels: { app: 'web', 'a key': 'x' } } },
      { agents: ['host-b'], attrs: { state: 'running', compose_project: 'shop', labels: { app: 'db' } } },
      { agents: ['host-b'], attrs: { state: 'exited', labels: { app: 'web' } } },
    ],
  },
});

const at = (text: string) => complete(text, text.length, fields, graph);
const labels = (text: string) => at(text).map((one) => one.label);
const taken = (text: string, pick = 0) => accept(text, at(text)[pick]!);

describe('completion', () => {
  it('proposes fields by name, alias and label', () => {
    expect(labels('sta')[0]).toBe('state');
    expect(labels('cp')[0]).toBe('cpu');
    expect(labels('')).toContain('name');
    expect(taken('cp').text).toBe('cpu > ');
    expect(taken('name:web sta')).toEqual({ text: 'name:web state:', caret: 15 });
    expect(taken('-sta').text).toBe('-state:');
  });

  it('proposes values of the view with counts', () => {
    expect(at('state:')).toMatchObject([
      { label: 'running', count: 2 },
      { label: 'exited', count: 1 },
    ]);
    expect(taken('state:ex').text).toBe('state:exited ');
    expect(labels('host=')).toEqual(['host-b', 'host-a']);
    expect(taken('name=<im').text).toBe('name="<img src=x> \\"q\\"" ');
    expect(labels('project = sh')).toEqual(['shop']);
  });

  it('proposes what a word could be a value of', () => {
    expect(labels('runn')).toContain('state=running');
  });

  it('proposes keys and values of labels', () => {
    expect(labels('label:')).toEqual(['app', 'a key']);
    expect(taken('label:a', 1).text).toBe('label:"a key"=');
    expect(labels('label:app=')).toEqual(['web', 'db']);
    expect(labels('labels.app:w')).toEqual(['web']);
  });

  it('proposes figures by unit', () => {
    expect(labels('mem > ')).toEqual(['100MiB', '512MiB', '1GiB']);
    expect(labels('cpu:')).toContain('> 50');
    expect(taken('mem > 5').text).toBe('mem > 512MiB ');
  });

  it('works in parentheses and in the middle of a word', () => {
    expect(accept('(state:run', at('(state:run')[0]!).text).toBe('(state:running ');
    const middle = complete('state:run x', 7, fields, graph);
    expect(accept('state:run x', middle[0]!).text).toBe('state:running x');
  });
});

describe('faults', () => {
  it('have the column and the advice', () => {
    const detail = 'could not understand the filter: cannot read the filter at column 6: there is no value after `cpu>`; write cpu>value';
    expect(faultOf(detail)).toEqual({ at: 5, message: 'there is no value after `cpu>`; write cpu>value' });
    expect(faultOf('no such view')).toEqual({ message: 'no such view' });
    expect(offsetOf('😀ab', 2)).toBe(3);
  });
});
