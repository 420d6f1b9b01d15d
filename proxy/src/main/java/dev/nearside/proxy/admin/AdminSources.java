package dev.nearside.proxy.admin;

import dev.nearside.proxy.invalidation.Invalidation;
import io.prometheus.client.CollectorRegistry;
import java.util.List;
import java.util.function.Supplier;

/**
 * What the HTTP port shows and switches.
 *
 * @param registry the metrics
 * @param alive checks of {@code /livez}: false means that only a restart helps
 * @param ready checks of {@code /readyz}: false means that clients should go elsewhere for now
 * @param config the configuration in force as JSON or YAML, secrets already left out
 * @param l1 the switch of L1
 * @param invalidation what forgets on request
 */
public record AdminSources(
    CollectorRegistry registry,
    List<Readiness> alive,
    List<Readiness> ready,
    Supplier<String> config,
    L1Switch l1,
    Invalidation invalidation) {}
