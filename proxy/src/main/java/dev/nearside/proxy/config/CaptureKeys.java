package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Capture;
import dev.nearside.proxy.config.NearsideConfig.Database;
import java.util.List;

/** The keys of change capture, in the order shown. */
final class CaptureKeys {
  static final Key<NearsideConfig, List<DatabaseRows.Table>> CAPTURE =
      Key.optional(
          "database.capture",
          ValueTypes.TABLES,
          "none",
          "The tables whose changes, whoever makes them, take the rows' keys out of Redis and out of"
              + " memory: each one that a namespace names as `database.table`, or `nearside.entry`.",
          config -> {
            Capture capture = of(config);
            return capture.tables().isEmpty() ? null : capture.tables();
          });

  static final Key<NearsideConfig, String> PUBLICATION =
      Key.of(
          "database.publication",
          ValueTypes.text("a publication", "the name of a publication"),
          "nearside",
          "The publication that has these tables; made at start where there is none and the user may.",
          config -> config.database() == null ? null : of(config).publication());

  private CaptureKeys() {}

  private static Capture of(NearsideConfig config) {
    Database database = config.database();
    return database == null ? Capture.NONE : database.capture();
  }
}
