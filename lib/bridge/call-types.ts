// lib/bridge/call-types.ts: Python's functions and classes as TypeScript sees them: positions, keywords, overloads.
import type { CallOptions } from "./limits.js";
import type { PyProxy } from "./types.js";

declare const keywords: unique symbol;

/** Keyword arguments in a plain call, as `kwargs()` makes them: always the last argument. */
export interface PyKwargs<Keywords extends object = Readonly<Record<string, unknown>>> {
  readonly [keywords]: Keywords;
}

/** Calls as JavaScript makes them, of what can be called. */
export interface PyLooseCalls<Result = unknown> {
  /** Without the arguments that it has no parameters for. */
  callRelaxed(...args: unknown[]): Result;
  /** A function that is given `this` as its first argument. */
  captureThis(): (this: unknown, ...args: unknown[]) => Result;
}

/** A call: a method's parameters are compared in both directions, as Python's overriding methods are. */
type Call<Args extends readonly unknown[], Result> = { call(...args: Args): Result }["call"];

/** What can be called, nothing known of its arguments: any callable will do where one is asked for. */
export interface PyCallable<Result = unknown>
  extends PyProxy,
    PyLooseCalls<Result>,
    Call<unknown[], Result> {
  callKwargs(...args: unknown[]): Result;
  callAsync(...args: unknown[]): Promise<Awaited<Result>>;
  /** A call that ends in time, or when a signal says so. */
  callWithOptions(options: CallOptions, ...args: unknown[]): Result;
  callAsyncWithOptions(options: CallOptions, ...args: unknown[]): Promise<Awaited<Result>>;
}

/**
 * A function: parameters that may be given by position, the names of those that may be given by
 * keyword as well (null: by position alone), and those that are given by keyword alone.
 */
// Interfaces, since TypeScript compares the parts of an intersection each with each: those of a
// function with overloads would be its overloads times the parts of one.
export interface PyFunction<
  Args extends readonly unknown[],
  Names extends readonly (string | null)[],
  Keywords extends object,
  Result,
> extends PyProxy,
    PyLooseCalls<Result>,
    Call<WithKeywords<Args, Names, Keywords>, Result>,
    Call<Args, Result> {
  /** Calls it with the properties of the last argument as keyword arguments. */
  readonly callKwargs: KeywordCalls<[], Args, Names, Keywords, Result>;
  /** Calls it on a thread of Python's own; the event loop goes on. */
  callAsync(...args: WithKeywords<Args, Names, Keywords>): Promise<Awaited<Result>>;
  callAsync(...args: Args): Promise<Awaited<Result>>;
  /** A call that ends in time, or when a signal says so. */
  callWithOptions(options: CallOptions, ...args: WithKeywords<Args, Names, Keywords>): Result;
  callWithOptions(options: CallOptions, ...args: Args): Result;
  callAsyncWithOptions(
    options: CallOptions,
    ...args: WithKeywords<Args, Names, Keywords>
  ): Promise<Awaited<Result>>;
  callAsyncWithOptions(options: CallOptions, ...args: Args): Promise<Awaited<Result>>;
}

/** A function that has to be given keyword arguments. */
export interface PyKeywordFunction<
  Args extends readonly unknown[],
  Names extends readonly (string | null)[],
  Keywords extends object,
  Result,
> extends PyProxy,
    PyLooseCalls<Result>,
    Call<WithKeywords<Args, Names, Keywords>, Result> {
  readonly callKwargs: KeywordCalls<[], Args, Names, Keywords, Result>;
  callAsync(...args: WithKeywords<Args, Names, Keywords>): Promise<Awaited<Result>>;
  callWithOptions(options: CallOptions, ...args: WithKeywords<Args, Names, Keywords>): Result;
  callAsyncWithOptions(
    options: CallOptions,
    ...args: WithKeywords<Args, Names, Keywords>
  ): Promise<Awaited<Result>>;
}

/** A function with parameters of types: each way to call it is written out. */
export type PyGenericFunction<Calls extends PyCalls> = Calls["call"] & PyGenericCalls<Calls>;

interface PyGenericCalls<Calls extends PyCalls> extends PyProxy, PyLooseCalls {
  readonly callKwargs: Calls["callKwargs"];
  readonly callAsync: Calls["callAsync"];
  readonly callWithOptions: Calls["callWithOptions"];
  readonly callAsyncWithOptions: Calls["callAsyncWithOptions"];
}

/** The ways to call a generic function. */
export interface PyCalls {
  call(...args: never[]): unknown;
  callKwargs(...args: never[]): unknown;
  callAsync(...args: never[]): Promise<unknown>;
  callWithOptions(options: CallOptions, ...args: never[]): unknown;
  callAsyncWithOptions(options: CallOptions, ...args: never[]): Promise<unknown>;
}

/** A class whose constructor's arguments are not known. */
export type PyType<Instance = unknown> = PyCallable<Instance> & PyTypeMembers;

/** What a class has besides its own attributes. */
export interface PyTypeMembers {
  readonly __name__: string;
  readonly __qualname__: string;
  readonly __module__: string;
}

/** A class: called as in Python, or with `new`. */
export type PyClass<
  Args extends readonly unknown[],
  Names extends readonly (string | null)[],
  Keywords extends object,
  Instance,
> = PyFunction<Args, Names, Keywords, Instance> & PyTypeMembers & { new (...args: Args): Instance };

/** A class whose constructor has to be given keyword arguments. */
export type PyKeywordClass<
  Args extends readonly unknown[],
  Names extends readonly (string | null)[],
  Keywords extends object,
  Instance,
> = PyKeywordFunction<Args, Names, Keywords, Instance> &
  PyTypeMembers & { new (...args: WithKeywords<Args, Names, Keywords>): Instance };

type PyNames = readonly (string | null)[];

// What may still be given by keyword when the parameters before these were given by position.
type Named<Args extends readonly unknown[], Names extends PyNames> = Names extends readonly [
  infer Name,
  ...infer More extends PyNames,
]
  ? Args extends readonly [infer First, ...infer Rest]
    ? { readonly [K in Name & string]: First } & Named<Rest, More>
    : Args extends readonly [(infer First)?, ...infer Rest]
      ? { readonly [K in Name & string]?: First } & Named<Rest, More>
      : unknown
  : unknown;

// `{}` would take anything.
type OrNone<Keywords> = [keyof Keywords] extends [never]
  ? Readonly<Record<string, never>>
  : Keywords;

// One without a name and without a default has to be given by position.
type MayStop<Args extends readonly unknown[], Names extends PyNames> = Names extends readonly [
  null,
  ...PyNames,
]
  ? Args extends readonly [unknown, ...unknown[]]
    ? false
    : true
  : true;

// Overloads, not one signature with a union of tuples: only so a name too many is an error.
type KeywordCalls<
  Given extends readonly unknown[],
  Args extends readonly unknown[],
  Names extends PyNames,
  Keywords extends object,
  Result,
> = Names extends readonly [unknown, ...infer More extends PyNames]
  ? Args extends readonly [(infer First)?, ...infer Rest]
    ? (MayStop<Args, Names> extends true
        ? KeywordCall<Given, Named<Args, Names> & Keywords, Result>
        : unknown) &
        KeywordCalls<[...Given, First], Rest, More, Keywords, Result>
    : unknown
  : KeywordCall<[...Given, ...Args], Keywords, Result>;

type KeywordCall<Given extends readonly unknown[], Keywords, Result> = {
  call(...args: [...given: Given, kwargs: OrNone<Keywords>]): Result;
}["call"];

// The same ways for a plain call whose last argument is made by kwargs().
type WithKeywords<
  Args extends readonly unknown[],
  Names extends PyNames,
  Keywords extends object,
> = Names extends readonly [unknown, ...infer More extends PyNames]
  ? Args extends readonly [(infer First)?, ...infer Rest]
    ?
        | (MayStop<Args, Names> extends true
            ? [kwargs: PyKwargs<Named<Args, Names> & Keywords>]
            : never)
        | [First, ...WithKeywords<Rest, More, Keywords>]
    : never
  : [...args: Args, kwargs: PyKwargs<Keywords>];
