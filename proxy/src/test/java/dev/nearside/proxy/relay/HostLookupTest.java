package dev.nearside.proxy.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostLookupTest {
  /** Returns the thread that knew the address of {@code host}. */
  private static Thread whoKnew(String host) throws Exception {
    Future<InetSocketAddress> resolved =
        HostLookup.INSTANCE
            .newResolver(ImmediateEventExecutor.INSTANCE)
            .resolve(InetSocketAddress.createUnresolved(host, 6379));
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    resolved.addListener(done -> thread.complete(Thread.currentThread()));
    Thread who = thread.get(20, TimeUnit.SECONDS);
    assertThat(resolved.getNow().getAddress().isLoopbackAddress()).isTrue();
    return who;
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void resolve_addressWrittenOut_startsNoThread(String host) throws Exception {
    assertThat(whoKnew(host)).isSameAs(Thread.currentThread());
  }
}
