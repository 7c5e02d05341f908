-- PM, NC, PF, WF and MC are France to a map and dear to a tariff: a first call there is one to a new country. Limits that
-- were kept with the former default take the new one; a list that the operator chose stays.
UPDATE billing.controls SET limits = limits - 'known_countries'
 WHERE limits -> 'known_countries'
       = '["FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF", "MC"]'::jsonb;
