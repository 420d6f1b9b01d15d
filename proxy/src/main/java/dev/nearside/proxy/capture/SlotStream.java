package dev.nearside.proxy.capture;

import dev.nearside.proxy.tier.database.DirectConnections;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.replication.ReplicationSlotInfo;

/**
 * The log of changes from a temporary slot, which ends with its connection. Blocks; for one thread,
 * except that any may {@link #acknowledge} and {@link #close}.
 */
final class SlotStream implements AutoCloseable {
  /** How often the database is told how far the log was read. */
  private static final int STATUS_MS = 250;

  private final Connection connection;
  private final String publication;
  private final String name;
  private volatile @Nullable PGReplicationStream stream;

  /**
   * Creates it over a connection for replication, which is closed with it.
   *
   * @param publication which changes are read
   */
  SlotStream(Connection connection, String publication) {
    this.connection = connection;
    this.publication = publication;
    byte[] random = new byte[8];
    new SecureRandom().nextBytes(random);
    this.name = "nearside_" + HexFormat.of().formatHex(random);
  }

  /** Returns the slot's name. */
  String name() {
    return name;
  }

  /**
   * Makes the slot; waits for the end of every transaction that is open.
   *
   * @return the name of the snapshot whose changes are not in the log, until {@link #start}
   */
  String make() throws SQLException {
    ReplicationSlotInfo made =
        connection
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .createReplicationSlot()
            .logical()
            .withSlotName(name)
            .withTemporaryOption()
            .withOutputPlugin("pgoutput")
            .make();
    return made.getSnapshotName();
  }

  /** Begins to read. */
  void start() throws SQLException {
    stream =
        connection
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName(name)
            .withSlotOption("proto_version", 1)
            .withSlotOption("publication_names", '"' + publication.replace("\"", "\"\"") + '"')
            .withStatusInterval(STATUS_MS, TimeUnit.MILLISECONDS)
            .start();
  }

  /** Returns the next message, whose bytes are the caller's; waits for it. */
  ByteBuffer read() throws SQLException {
    ByteBuffer message = started().read();
    if (message == null) {
      throw new SQLException("the log of changes has ended");
    }
    return message;
  }

  /** Tells the database that the reader is there, while nothing is read. */
  void answer() throws SQLException {
    started().forceUpdateStatus();
  }

  /** The log is not needed any more up to {@code lsn}; the database is told soon. */
  void acknowledge(long lsn) {
    PGReplicationStream reading = stream;
    if (reading != null) {
      LogSequenceNumber read = LogSequenceNumber.valueOf(lsn);
      reading.setAppliedLSN(read);
      reading.setFlushedLSN(read);
    }
  }

  private PGReplicationStream started() throws SQLException {
    PGReplicationStream reading = stream;
    if (reading == null) {
      throw new SQLException("the log of changes is not being read");
    }
    return reading;
  }

  @Override
  public void close() {
    DirectConnections.abort(connection);
  }
}
