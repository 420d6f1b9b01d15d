package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import dev.nearside.proxy.config.NearsideConfig.TlsVerify;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the files of one side of TLS out of the settings, and has them checked. */
final class TlsAssembly {
  private final Settings settings;
  private final Problems problems;
  private final TlsChecks checks;

  TlsAssembly(Settings settings, Problems problems, TlsChecks checks) {
    this.settings = settings;
    this.problems = problems;
    this.checks = checks;
  }

  /** Returns how clients are served TLS, or null where they connect in clear. */
  @Nullable Tls ofListener() {
    Tls tls =
        read(TlsKeys.CERTIFICATE_FILE, TlsKeys.KEY_FILE, TlsKeys.CLIENT_CA_FILE, TlsVerify.CA);
    if (settings.isGiven(TlsKeys.CLIENT_CA_FILE.path())
        && !settings.isGiven(TlsKeys.CERTIFICATE_FILE.path())) {
      add(TlsKeys.CLIENT_CA_FILE, "given without tls.certificate-file; expected that, too");
    }
    return tls.certificateFile() == null ? null : tls;
  }

  /**
   * Returns how the upstream is reached by TLS, or null where it is in clear.
   *
   * @param wanted whether its URI says so
   */
  @Nullable Tls ofUpstream(boolean wanted) {
    Tls tls =
        read(
            UpstreamKeys.TLS_CERTIFICATE_FILE,
            UpstreamKeys.TLS_KEY_FILE,
            UpstreamKeys.TLS_CA_FILE,
            settings.readWithDefault("", UpstreamKeys.TLS_VERIFY));
    if (wanted) {
      return tls;
    }
    for (Key<NearsideConfig, ?> key : UpstreamKeys.ALL) {
      if (key.path().startsWith("upstream.tls-")
          && settings.isGiven(key.path())
          && !problems.isRefused(UpstreamKeys.URI.path())) {
        add(key, "does nothing without TLS; expected rediss:// in upstream.uri");
      }
    }
    return null;
  }

  private Tls read(
      Key<NearsideConfig, String> certificateKey,
      Key<NearsideConfig, String> keyKey,
      Key<NearsideConfig, String> authoritiesKey,
      TlsVerify verify) {
    String certificate = checked(certificateKey, checks.certificates());
    String key = checked(keyKey, checks.key());
    String authorities = checked(authoritiesKey, checks.certificates());
    if (certificate != null && key != null) {
      check(keyKey, key, () -> checks.pair().accept(certificate, key));
    }
    refuseAlone(certificateKey, keyKey);
    refuseAlone(keyKey, certificateKey);
    return new Tls(certificate, key, authorities, verify);
  }

  private void refuseAlone(Key<NearsideConfig, String> given, Key<NearsideConfig, String> other) {
    if (settings.isGiven(given.path()) && !settings.isGiven(other.path())) {
      add(given, "given without " + other.path() + "; expected both or neither");
    }
  }

  /** Returns the file of {@code key}, or null where it is not given or not good. */
  private @Nullable String checked(Key<NearsideConfig, String> key, Consumer<String> check) {
    String file = settings.read("", key);
    return file == null || check(key, file, () -> check.accept(file)) ? file : null;
  }

  private boolean check(Key<NearsideConfig, String> key, String file, Runnable check) {
    try {
      check.run();
      return true;
    } catch (IllegalArgumentException e) {
      add(key, Problems.quoted(file) + " " + Problems.printable(String.valueOf(e.getMessage())));
      return false;
    }
  }

  private void add(Key<NearsideConfig, ?> key, String sentence) {
    problems.add(settings.origin(key.path()), key.path(), sentence);
  }
}
