import { Tabs } from '@mantine/core';
import { useCall } from '../calls.ts';
import { setParams, useRoute } from '../route.ts';
import { NewShare } from './new-share.tsx';
import { ReceiptView } from './receipt-view.tsx';
import { ShareList } from './share-list.tsx';
import './share.css';

/** A checklist, one button, a receipt. */
export function ShareScreen() {
  const { params } = useRoute();
  const shares = useCall('share.list', {});
  const receipt = Number(params.receipt ?? 0);
  if (receipt > 0) return <ReceiptView shareId={receipt} />;
  return (
    <Tabs
      value={params.tab ?? 'new'}
      onChange={(value) => setParams({ tab: value ?? undefined })}
      keepMounted={false}
    >
      <Tabs.List mb="sm">
        <Tabs.Tab value="new">New share</Tabs.Tab>
        <Tabs.Tab value="earlier">Earlier shares {shares.data?.length ?? ''}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="new">
        <NewShare />
      </Tabs.Panel>
      <Tabs.Panel value="earlier">
        <ShareList />
      </Tabs.Panel>
    </Tabs>
  );
}
