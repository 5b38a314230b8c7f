import { Tabs } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { useAction, useCall } from '../calls.ts';
import { useRunning } from '../events.ts';
import { projectKeyOf } from '../project/project-key.ts';
import { useProject } from '../project/use-project.ts';
import { setParams, useRoute } from '../route.ts';
import { ErrorPanel, Loaded } from '../ui/feedback.tsx';
import { AboutMethod } from './about-method.tsx';
import { createBatchChoices } from './batch-choices.ts';
import { BatchTab } from './batch-tab.tsx';
import { CompareMethods } from './compare-methods.tsx';
import { recipeOf } from './comparisons.ts';
import { CrosswalkTab } from './crosswalk-tab.tsx';
import { FacePreview } from './face-preview.tsx';
import { HeaderPreview } from './header-preview.tsx';
import { MethodPicker } from './method-picker.tsx';
import { PolicyPicker } from './policy-picker.tsx';
import { PreviewSeries } from './preview-series.tsx';
import { StartPanel } from './start-panel.tsx';
import './deidentify.css';

/** Tabs that show one scan. */
const PREVIEWS = new Set(['headers', 'face', 'compare']);

/** One for this window: another step may be looked at in between. */
const choices = createBatchChoices();

/** Choose the recipe on the left, see on the right what it will do to one scan, then run it on all. */
export function DeidentifyScreen() {
  const policies = useCall('deidentify.policies', {});
  const methods = useCall('deidentify.methods', {});
  const settings = useCall('project.settings', {});
  const save = useAction('project.saveSettings', ['project']);
  const project = useProject().data;
  const { params } = useRoute();
  const running = useRunning('deidentify');
  useSyncExternalStore(choices.subscribe, choices.version);
  const projectKey = projectKeyOf(project);
  const tab = params.tab ?? (running.length > 0 && !params.preview ? 'batch' : 'headers');
  const seriesId = Number(params.preview ?? 0);
  return (
    <Loaded call={policies} what="policies">
      {(list) => {
        const policy =
          list.find((item) => item.name === (settings.data?.policyName ?? project?.policyName)) ?? list[0];
        if (!policy) return <p>There is no policy. Import one from a file.</p>;
        const { method, seed, measure } = choices.of(
          projectKey,
          policy,
          methods.data?.map(({ id }) => id),
        );
        const methodId = method ?? policy.method;
        const setMethod = (id: string) => choices.pickMethod(projectKey, policy, id);
        const about = methods.data?.find((item) => item.id === params.about);
        return (
          <div className="rf-recipe">
            <div className="rf-recipe-side">
              <div className="rf-recipe-choices">
                <PolicyPicker
                  policies={list}
                  policy={policy}
                  onChoose={(name) => {
                    choices.followPolicy(projectKey);
                    void save.run({ policyName: name });
                  }}
                />
                {save.error && <ErrorPanel error={save.error} />}
                <Loaded call={methods} what="methods">
                  {(all) => <MethodPicker methods={all} value={methodId} onChange={setMethod} />}
                </Loaded>
              </div>
              <StartPanel
                policy={policy}
                method={methodId}
                seed={seed}
                measure={measure}
                onChange={(change) => choices.set(projectKey, change)}
                methods={methods.data ?? []}
              />
            </div>
            <Tabs
              value={tab}
              onChange={(value) => setParams({ tab: value ?? undefined })}
              keepMounted={false}
              className="rf-recipe-main"
            >
              <Tabs.List>
                <Tabs.Tab value="headers">Preview headers</Tabs.Tab>
                <Tabs.Tab value="face">Preview face</Tabs.Tab>
                <Tabs.Tab value="compare">Compare methods</Tabs.Tab>
                <Tabs.Tab value="batch">Batch and failures</Tabs.Tab>
                <Tabs.Tab value="crosswalk">Crosswalk</Tabs.Tab>
              </Tabs.List>
              {PREVIEWS.has(tab) && <PreviewSeries seriesId={seriesId} />}
              <Tabs.Panel value="headers" className="rf-fill" style={{ flex: 1 }}>
                <HeaderPreview seriesId={seriesId} policy={policy.name} />
              </Tabs.Panel>
              <Tabs.Panel value="face" style={{ flex: 1, minHeight: 0, overflow: 'auto' }}>
                <FacePreview
                  key={`${seriesId} ${recipeOf(policy)} ${methodId} ${seed}`}
                  seriesId={seriesId}
                  policy={policy.name}
                  method={methodId}
                  seed={seed}
                  unavailable={methods.data?.find((item) => item.id === methodId)?.unavailable ?? ''}
                />
              </Tabs.Panel>
              <Tabs.Panel value="compare" style={{ flex: 1, minHeight: 0, overflow: 'auto' }}>
                <Loaded call={methods} what="methods">
                  {(all) => (
                    <CompareMethods
                      project={projectKey}
                      seriesId={seriesId}
                      policy={policy}
                      seed={seed}
                      methods={all}
                      chosen={methodId}
                      onUse={setMethod}
                    />
                  )}
                </Loaded>
              </Tabs.Panel>
              <Tabs.Panel value="batch" style={{ flex: 1, minHeight: 0, overflow: 'auto' }}>
                <BatchTab />
              </Tabs.Panel>
              <Tabs.Panel value="crosswalk" style={{ flex: 1, minHeight: 0, overflow: 'auto' }}>
                <CrosswalkTab />
              </Tabs.Panel>
            </Tabs>
            {about && <AboutMethod method={about} />}
          </div>
        );
      }}
    </Loaded>
  );
}
