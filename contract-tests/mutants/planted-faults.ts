/** Faults that can be planted in the chatbot's new backend and in what moves it, and how a copy of either is made. */
import { join } from 'node:path';
import type { PlantedFaults } from '@banyan/suite/mutants/planted-faults.ts';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { root, setUp } from '../setup.ts';
import { mutants } from './catalogue/index.ts';
import { continuityFaults } from './continuity/catalogue/index.ts';

export const plantedFaults = {
  mutants,
  seen: join(import.meta.dirname, 'seen.json'),
  copy: {
    root,
    // What the new backend is made of, and what serves it.
    parts: [
      ...['services', 'contract', 'migrations', 'operations', 'route-table', 'package.json'],
      ...['suite/clock.ts', 'contract-tests/fresh', 'contract-tests/mutants/serve-copy.ts'],
    ],
    leftOut: /\.test\.ts$|\/corpus\//,
    searched: ['services', 'contract', 'migrations', 'operations', 'route-table'],
    serve: 'contract-tests/mutants/serve-copy.ts',
    standIn: chatbotVoice,
    async given() {
      const { embeddingModel } = await setUp();
      return { embeddingModel };
    },
  },
  continuity: {
    faults: continuityFaults,
    copy: {
      root,
      // What the tests of state continuity are made of.
      parts: [
        ...['gateway', 'services', 'contract', 'compare', 'migrations', 'tools', 'legacy', 'operations'],
        ...[
          'route-table',
          'web',
          'banyan.config.ts',
          'banyan.import.ts',
          'banyan.settings.ts',
          'package.json',
          'tsconfig.json',
          'vitest.config.ts',
        ],
      ],
      leftOut: /\/corpus\//,
      searched: ['gateway', 'migrations', 'operations'],
    },
    tests: 'gateway',
  },
} satisfies PlantedFaults;
