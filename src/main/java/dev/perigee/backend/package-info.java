/**
 * Which backends there are and which one to use: {@link dev.perigee.backend.Backends}. The only importer of the packages
 * below compute; everyone else sees a ComputeBackend.
 */
package dev.perigee.backend;
