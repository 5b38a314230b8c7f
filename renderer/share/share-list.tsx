import { Button, Table } from '@mantine/core';
import { useCall } from '../calls.ts';
import { native } from '../native.ts';
import { go } from '../route.ts';
import { Empty, Loaded } from '../ui/feedback.tsx';
import { formatCount, formatTime } from '../ui/format.ts';

const WORDS = { running: 'running', complete: 'complete', failed: 'not finished' } as const;

/** Every share of this project, newest first, each with its receipt. */
export function ShareList() {
  const call = useCall('share.list', {});
  const abilities = native();
  return (
    <Loaded call={call} what="earlier shares">
      {(rows) =>
        rows.length === 0 ? (
          <Empty title="Nothing has been shared yet.">Each share will be listed here with its receipt.</Empty>
        ) : (
          <div className="rf-table-scroll">
            <Table aria-label="Earlier shares">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>When</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th>Formats</Table.Th>
                  <Table.Th ta="right">Scans</Table.Th>
                  <Table.Th ta="right">Files</Table.Th>
                  <Table.Th>Folder</Table.Th>
                  <Table.Th>
                    <span className="rf-hidden">Open</span>
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.id}>
                    <Table.Td style={{ whiteSpace: 'nowrap' }}>{formatTime(row.createdAt)}</Table.Td>
                    <Table.Td>
                      <span className={row.state === 'failed' ? 'rf-error' : undefined}>
                        {WORDS[row.state]}
                      </span>
                      {row.message && <div className="rf-dim">{row.message}</div>}
                    </Table.Td>
                    <Table.Td>{row.formats.join(', ').toUpperCase()}</Table.Td>
                    <Table.Td ta="right">{formatCount(row.scans)}</Table.Td>
                    <Table.Td ta="right">{formatCount(row.files)}</Table.Td>
                    <Table.Td className="rf-path">{row.dir}</Table.Td>
                    <Table.Td>
                      <div className="rf-row" style={{ flexWrap: 'nowrap' }}>
                        {row.state === 'complete' && (
                          <Button
                            variant="default"
                            size="compact-xs"
                            onClick={() => go('share', { receipt: row.id })}
                          >
                            Receipt
                          </Button>
                        )}
                        {row.state === 'failed' && (
                          <Button
                            variant="default"
                            size="compact-xs"
                            onClick={() => go('share', { dir: row.dir })}
                          >
                            Continue
                          </Button>
                        )}
                        {abilities && (
                          <Button
                            variant="default"
                            size="compact-xs"
                            onClick={() => void abilities.showInFolder(row.dir)}
                          >
                            Show folder
                          </Button>
                        )}
                      </div>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        )
      }
    </Loaded>
  );
}
