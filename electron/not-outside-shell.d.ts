// The package `electron` may be imported in electron/shell only; elsewhere it resolves to this empty module.
export {};
