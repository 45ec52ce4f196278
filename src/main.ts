#!/usr/bin/env node
// Composition root: argv, signals, the only exit().
